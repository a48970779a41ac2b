// SPDX-License-Identifier: BSD-3-Clause
#include "redirect/gate_drop.h"

#include "core/tx.h"
#include "redirect/redirect_state.h"

void
jn_gate_lose(struct jn_worker *worker, uint16_t slot, enum jn_gate_loss why, struct rte_mbuf *mbuf) {
    jn_count(&worker->redirect->counters[slot].lost[why], 1);
    jn_tx_drop(worker, &mbuf, 1, JN_DROP_GATE);
}
