// SPDX-License-Identifier: BSD-3-Clause
// A worker's counters of gates.
#pragma once

#include "core/worker.h"
#include "policy/ruleset.h"
#include "redirect/redirect_state.h"

struct rte_mbuf;

// A packet ends here: counted for the gate of the VPG with that index and among the worker's drops; its mbuf is gone.
void jn_gate_drop_packet(struct jn_worker *worker, uint16_t vpg_idx, enum jn_gate_drop why, struct rte_mbuf *mbuf);

// Another policy: counters start at zero for a network of another VPG, and for a peer with another outer address.
void jn_vnet_attach_anew(struct jn_worker *worker, uint16_t vpg_idx);

// The worker's counters of the gate of the VPG with that index, to be counted in.
static inline struct jn_gate_counters *
jn_vnet_counters(struct jn_worker *worker, uint16_t vpg_idx) {
    struct jn_redirect *redirect = worker->redirect;
    if (__builtin_expect(redirect->counted[vpg_idx].attached != (worker->rules->generation | UINT32_C(0x10000)), 0))
        jn_vnet_attach_anew(worker, vpg_idx);
    return &redirect->counters[vpg_idx];
}
