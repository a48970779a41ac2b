// SPDX-License-Identifier: BSD-3-Clause
// How much a round takes in: the packets of a queue, and what is done beside them. A worker that has many queues, or costly
// packets, comes round in time with less of each. Halved while rounds are long, doubled again once they are short.
#pragma once

#include "core/burst.h"
#include "core/worker.h"

enum { JN_HALVINGS_MOST = 3 }; // drivers want bursts of eight
#define JN_ROUND_LONG_NS  UINT64_C(50000)
#define JN_ROUND_SHORT_NS UINT64_C(20000)

// How often portions are halved after a round that took so long.
static inline unsigned int
jn_halvings_after(unsigned int halvings, uint64_t round_ns) {
    if (__builtin_expect(round_ns > JN_ROUND_LONG_NS, 0))
        return halvings < JN_HALVINGS_MOST ? halvings + 1 : halvings;
    return __builtin_expect(halvings != 0, 0) && round_ns < JN_ROUND_SHORT_NS ? halvings - 1 : halvings;
}

// Of a queue, or a ring.
static inline uint16_t
jn_packets_a_round(const struct jn_worker *worker) {
    return (uint16_t)(JN_BURST >> worker->halvings);
}
