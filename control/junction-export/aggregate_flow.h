// SPDX-License-Identifier: BSD-3-Clause
// Inside aggregation: the hash of flows and the list of VPGs of one interval, and a ring's position.
#pragma once

#include "aggregate.h"
#include "redo.h"

#define GAP_BELIEVED (UINT64_C(1) << 40) // a longer gap in the sequences is a corrupt record, not loss

// Records that are missing before the one of this sequence. A dataplane's restart may begin at 0 again.
static inline uint64_t
aggregate_gap(const struct state_ring *ring, uint64_t sequence) {
    uint64_t gap = sequence - ring->next_sequence;
    return ring->next_sequence == UINT64_MAX || sequence < ring->next_sequence || gap > GAP_BELIEVED ? 0 : gap;
}

// The record of that interval (-1: of none) was taken. Records that are missing before it may be of any interval that the
// worker had not ended yet: each of them says so.
static inline void
aggregate_advance(struct redo *redo, struct state_region *region, unsigned int number, uint64_t position,
                  const struct jn_record *record, int interval_idx) {
    struct state_ring *ring = &region->rings[number];
    uint64_t gap = aggregate_gap(ring, record->sequence);
    for (unsigned int i = 0; gap != 0 && i < STATE_INTERVALS; i++) {
        struct state_interval *interval = &region->intervals[i];
        bool unended = interval->use == STATE_OPEN && !(interval->ended >> number & 1);
        if ((int)i == interval_idx || unended)
            redo_put(redo, &interval->lost, interval->lost + gap);
    }
    redo_put(redo, &ring->aggregated, position + 1);
    redo_put(redo, &ring->next_sequence, record->sequence + 1);
}

// The VPG's sums in that interval, made when it has none yet. NULL when there is no room. number: set when not NULL.
struct state_vpg *aggregate_vpg(struct state *state, unsigned int interval, const char *id, uint64_t *number);

// Add a flow record to its flow, its application and its interval, and advance the ring past it. One without packets
// of its own adds nothing.
void aggregate_flow(struct aggregator *aggregator, unsigned int ring, uint64_t position, const struct jn_record *record,
                    unsigned int interval);
