// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/tx.h"
#include "mirror/mirror_state.h"

struct jn_ruleset;

// Send the copies that wait, whatever they are.
void jn_mirror_send_copies(struct jn_worker *worker);

static inline void
jn_mirror_send(struct jn_worker *worker) {
    if (worker->mirror->copy_count != 0)
        jn_mirror_send_copies(worker);
}

// The owner of a port's queue sends copies that another worker made, and counts them.
void jn_mirror_send_for(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf **mbufs, unsigned int count);

// Drop the peer's hold queue.
void jn_mirror_drop_hold_queue(struct jn_worker *worker, unsigned int mirror_idx);

// Rules come into force: the counters of a peer index that has another peer now start at zero.
void jn_mirror_attach(struct jn_worker *worker, const struct jn_ruleset *next);

// Drop the hold queues of peers that the next rules do not have, or reach by another next hop. worker->rules are still
// in force.
void jn_mirror_detach(struct jn_worker *worker, const struct jn_ruleset *next);
