// SPDX-License-Identifier: BSD-3-Clause
// What a worker of a killed process had counted becomes records in its ring, as that worker would have written them when it
// stopped: flows, VPGs, the ends of its intervals, and the end of its stream. Notes are kept as workers keep them, so that
// who is killed here leaves it to the next one. Nothing is believed of the regions that could lead outside of them; an entry
// that cannot be right is passed over, and counted.
#pragma once

#include "flow/unreported.h"

// Mapped for writing and checked: jn_flow_check, jn_unreported_check, jn_records_check, all with as many workers.
struct jn_salvage {
    struct jn_flow_region *flows;
    struct jn_unreported_region *unreported;
    struct jn_records_region *records;
    struct jn_counters_region *counters;       // as long as its numbers of workers and VPGs say
    const struct jn_consumed_region *consumed; // NULL: no exporter was there
    bool wait;                                 // a second at most, in all, for an exporter that makes room
    struct jn_ruleset *rules;                  // of jn_salvage_begin
    struct jn_vpg *vpgs;
    struct jn_policy *policy;
    uint32_t full_waits;
    // What came of it.
    uint64_t written, packets, bytes;                     // of flows, written
    uint64_t lost, lost_packets, lost_bytes;              // of flows that found no room
    uint64_t passed_over;                                 // entries that cannot be right
    unsigned int workers, unsound_workers, ended_workers; // that there are; of which nothing can be told; that ended
};

// 0 or -ENOMEM.
int jn_salvage_begin(struct jn_salvage *salvage);
void jn_salvage_worker(struct jn_salvage *salvage, unsigned int worker);
void jn_salvage_end(struct jn_salvage *salvage);
