// SPDX-License-Identifier: BSD-3-Clause
// Copies on their way out.
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

// What waits for that peer's next hop is lost.
void jn_mirror_drop_hold_queue(struct jn_worker *worker, unsigned int mirror_idx);

// The peers of rules that come into force: one that is new in its place starts with counters at zero.
void jn_mirror_attach(struct jn_worker *worker, const struct jn_ruleset *next);

// For peers that the next rules do not have, or reach another way, nothing waits any longer. worker->rules are in force.
void jn_mirror_detach(struct jn_worker *worker, const struct jn_ruleset *next);
