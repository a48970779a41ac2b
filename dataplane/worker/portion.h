// SPDX-License-Identifier: BSD-3-Clause
// How much a round takes in: the packets of a queue, and what is done beside them. A worker that has many queues, or costly
// packets, comes round in time with less of each. Halved while rounds are long, doubled again once they are short.
#pragma once

#include "core/burst.h"
#include "core/worker.h"

enum { JN_HALVINGS_MOST = 3, JN_FAIR_ROUNDS = 64 }; // drivers want bursts of eight
#define JN_ROUND_LONG_NS  UINT64_C(50000)
#define JN_ROUND_SHORT_NS UINT64_C(20000)

// What a worker knows of its rounds.
struct jn_portions {
    uint64_t empty_ns; // of its last round without work: polling itself costs that, and portions do not change it
    unsigned int fair_rounds; // in a row that were not long, while portions are halved
};

// How often portions are halved after a round that took so long. Where rounds stay between short and long a larger portion is
// tried now and then: one that was long for another reason, such as a core taken away, has no lasting effect.
static inline unsigned int
jn_halvings_after(struct jn_portions *portions, unsigned int halvings, uint64_t round_ns) {
    uint64_t work_ns = round_ns > portions->empty_ns ? round_ns - portions->empty_ns : 0;
    if (__builtin_expect(work_ns > JN_ROUND_LONG_NS, 0)) {
        portions->fair_rounds = 0;
        return halvings < JN_HALVINGS_MOST ? halvings + 1 : halvings;
    }
    if (__builtin_expect(halvings == 0, 1))
        return 0;
    if (work_ns >= JN_ROUND_SHORT_NS && ++portions->fair_rounds < JN_FAIR_ROUNDS)
        return halvings;
    portions->fair_rounds = 0;
    return halvings - 1;
}

// Of a queue, or a ring.
static inline uint16_t
jn_packets_a_round(const struct jn_worker *worker) {
    return (uint16_t)(JN_BURST >> worker->halvings);
}
