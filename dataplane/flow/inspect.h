// SPDX-License-Identifier: BSD-3-Clause
// Exact counters of everything that passes in a VPG: sums over the arrays of a burst, which the compiler makes of vectors.
#pragma once

#include "core/burst.h"
#include "core/worker.h"
#include "flow_words.h"

// Count `count` packets of one VPG into its counters, which the calling worker alone writes. kind, ip_length: as in struct
// jn_burst; bytes: each frame's length on the wire without FCS.
void jn_inspect_count(struct jn_vpg_counters *counters, const uint32_t *kind, const uint32_t *ip_length,
                      const uint32_t *bytes, unsigned int count);

// A packet of the burst is dropped by what the policy says. Counted where the VPG is inspected.
static inline void
jn_inspect_discarded(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i) {
    if (burst->vpg_idx[i] == JN_NO_VPG || !(burst->verdict[i] & JN_VERDICT_INSPECT))
        return;
    struct jn_vpg_counters *counters = &worker->vpg_counters[burst->vpg_idx[i]];
    jn_count(&counters->discarded_packets, 1);
    jn_count(&counters->discarded_bytes, burst->bytes[i]);
}

// Stage: what passes is counted for its VPG.
void jn_stage_inspect(struct jn_worker *worker, struct jn_burst *burst);
