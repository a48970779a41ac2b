// SPDX-License-Identifier: BSD-3-Clause
#include "redirect/gate_drop.h"

#include "core/tx.h"
#include "redirect/redirect_state.h"

void
jn_gate_drop_packet(struct jn_worker *worker, uint16_t vpg_idx, enum jn_gate_drop why, struct rte_mbuf *mbuf) {
    jn_count(&worker->redirect->counters[vpg_idx].drops[why], 1);
    jn_tx_drop(worker, &mbuf, 1, JN_DROP_GATE);
}
