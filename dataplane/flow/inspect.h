// SPDX-License-Identifier: BSD-3-Clause
// Exact counters of everything that passes in a VPG. Counts of one burst fit into bytes, so that a packet costs two
// additions of eight lanes each; the lanes are unpacked once a burst.
#pragma once

#include "core/burst.h"
#include "core/worker.h"
#include "flow_words.h"

// Count those `count` (at most JN_INSPECT_BURST) packets of one VPG whose numbers `which` lists into its counters, which
// the calling worker alone writes. frame_bytes: each frame's length on the wire without FCS.
#define JN_INSPECT_BURST 64u
void jn_inspect_count(struct jn_vpg_counters *counters, const struct jn_packet *packets, const uint32_t *frame_bytes,
                      const uint8_t *which, unsigned int count);

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
