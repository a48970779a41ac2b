// SPDX-License-Identifier: BSD-3-Clause
#include "forward/forward.h"

#include "core/tx.h"
#include "flow.h"
#include "flow/inspect.h"
#include "redirect/gate_counters.h"

static void
drop_by_policy(struct jn_worker *worker, struct jn_burst *burst, unsigned int i) {
    jn_inspect_discarded(worker, burst, i);
    if (burst->verdict[i] & JN_VERDICT_PRIVACY) {
        jn_gate_drop_packet(worker, burst->vpg_idx[i], JN_GATE_DROP_PRIVACY, burst->mbuf[i]);
        return;
    }
    bool headerless = burst->verdict[i] & JN_VERDICT_HEADERLESS;
    jn_tx_drop(worker, &burst->mbuf[i], 1, headerless ? JN_DROP_HEADERLESS : JN_DROP_POLICY);
}

static unsigned int
drop_some(struct jn_worker *worker, struct jn_burst *burst) {
    unsigned int kept = 0;
    for (unsigned int i = 0; i < burst->count; i++) {
        struct rte_mbuf *mbuf = burst->mbuf[i];
        if (burst->verdict[i] & JN_VERDICT_DROP)
            drop_by_policy(worker, burst, i);
        else
            burst->mbuf[kept++] = mbuf;
    }
    return kept;
}

void
jn_stage_forward(struct jn_worker *worker, struct jn_burst *burst) {
    if (burst->port_out == JN_NO_PORT) {
        jn_tx_drop(worker, burst->mbuf, burst->count, JN_DROP_NO_WIRE);
        return;
    }
    uint16_t verdicts = 0;
    for (unsigned int i = 0; i < burst->count; i++)
        verdicts |= burst->verdict[i];
    unsigned int kept = __builtin_expect(verdicts & JN_VERDICT_DROP, 0) ? drop_some(worker, burst) : burst->count;
    if (kept != 0)
        jn_tx_send(worker, worker->tx[burst->port_out], burst->mbuf, kept);
}
