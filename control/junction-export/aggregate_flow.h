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

static inline void
aggregate_advance(struct redo *redo, struct state_ring *ring, uint64_t position, const struct jn_record *record) {
    redo_put(redo, &ring->aggregated, position + 1);
    redo_put(redo, &ring->next_sequence, record->sequence + 1);
}

// The VPG's sums in that interval, made when it has none yet. NULL when there is no room. number: set when not NULL.
struct state_vpg *aggregate_vpg(struct state *state, unsigned int interval, const char *id, uint64_t *number);

// Add a flow record to its flow, its application and its interval, and advance the ring past it. One without packets
// of its own adds nothing.
void aggregate_flow(struct aggregator *aggregator, unsigned int ring, uint64_t position, const struct jn_record *record,
                    unsigned int interval);
