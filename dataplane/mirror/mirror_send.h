// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/tx.h"
#include "mirror/mirror_state.h"
#include "policy/mirror_peer.h"
#include "policy/ruleset.h"

// A policy's low bits, and never 0.
static inline uint32_t
jn_mirror_generation(const struct jn_ruleset *rules) {
    return rules->generation | UINT32_C(0x10000);
}

// Send the copies that wait, whatever they are.
void jn_mirror_send_copies(struct jn_worker *worker);

static inline void
jn_mirror_send(struct jn_worker *worker) {
    if (worker->mirror->copies.count != 0)
        jn_mirror_send_copies(worker);
}

// The queue of copies, with room for so many more: at most a burst.
static inline struct jn_copies *
jn_mirror_room(struct jn_worker *worker, unsigned int count) {
    if (worker->mirror->copies.count + count > JN_COPIES)
        jn_mirror_send_copies(worker);
    return &worker->mirror->copies;
}

// The owner of a port's queue sends copies that another worker made, and counts them.
void jn_mirror_send_for(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf **mbufs, unsigned int count);

// Drop the peer's hold queue.
void jn_mirror_drop_hold_queue(struct jn_worker *worker, unsigned int mirror_idx);

// Another policy may have another peer of that index: then its counters start at zero, and what waits for the former
// one, or for another next hop, is dropped.
void jn_mirror_attach_anew(struct jn_worker *worker, const struct jn_mirror_peer *to);

// Before anything is counted for the peer: it is done for one peer after the other, when its first packet comes.
static inline void
jn_mirror_attach(struct jn_worker *worker, const struct jn_mirror_peer *to) {
    if (__builtin_expect(worker->mirror->state[to->mirror_idx].attached != jn_mirror_generation(worker->rules), 0))
        jn_mirror_attach_anew(worker, to);
}
