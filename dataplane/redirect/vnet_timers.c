// SPDX-License-Identifier: BSD-3-Clause
#include "redirect/vnet_timers.h"

#include <string.h>

#include <rte_mbuf.h>

#include "core/tx.h"
#include "gate/gate_engine.h"
#include "policy/learn_mtu.h"
#include "policy/ruleset.h"
#include "redirect/gate_counters.h"
#include "underlay/underlay.h"

#define REFRESH_NS UINT64_C(1000000000)

enum { FRAMES_A_ROUND = 4, VPGS_A_ROUND = 16, ROUNDS_A_SWEEP = 64, DUE_A_ROUND = 8 };

static void
send_to(struct jn_worker *worker, const struct jn_vnet *vnet, const struct jn_vnet_tunnel *tunnel, const uint8_t *frame,
        uint32_t length, enum jn_own_kind kind) {
    uint64_t state_mac = __atomic_load_n(&tunnel->next_hop->state_mac, __ATOMIC_RELAXED);
    if (jn_neighbour_state_of(state_mac) < JN_NEIGHBOUR_REACHABLE)
        return; // the engine sends the request again
    struct rte_mbuf *mbuf = rte_pktmbuf_alloc(kind == JN_OWN_REQUEST ? worker->requests : worker->answers);
    if (mbuf == NULL) {
        jn_count(&jn_vnet_counters(worker, vnet->vpg_idx)->own_no_mbuf, 1);
        return;
    }
    memcpy(rte_pktmbuf_append(mbuf, (uint16_t)length), frame, length);
    struct jn_vxlan_send send = {.state_mac = state_mac, .length = length, .hash = tunnel->vxlan.sum};
    rte_pktmbuf_prepend(mbuf, (uint16_t)jn_vxlan_write_frame(&tunnel->vxlan, rte_pktmbuf_mtod(mbuf, uint8_t *), &send));
    jn_tx_send_own(worker, worker->tx[tunnel->port], mbuf, kind);
}

void
jn_vnet_send_frame(struct jn_worker *worker, const struct jn_vnet *vnet, const uint8_t *frame, uint32_t length,
                   uint16_t peer_bits, enum jn_own_kind kind) {
    for (; peer_bits != 0; peer_bits &= (uint16_t)(peer_bits - 1)) {
        const struct jn_vnet_tunnel *tunnel = vnet->tunnel[__builtin_ctz(peer_bits)];
        if (tunnel != NULL)
            send_to(worker, vnet, tunnel, frame, length, kind);
    }
}

// Timers of gateways use the steady clock: a change of the wall clock must not make answers look late.
// False: nothing was due.
static bool
look_after(struct jn_worker *worker, struct jn_vnet *vnet) {
    uint8_t frame[JN_GATE_FRAME_MAX];
    struct jn_gate_send send = {.frame = frame, .room = sizeof(frame)};
    struct jn_resolution request;
    if ((vnet->engine.gate->flags & JN_GATE_LEARN_MTU) && worker->steady_ns - vnet->refreshed_ns >= REFRESH_NS) {
        vnet->refreshed_ns = worker->steady_ns;
        jn_vnet_refresh(vnet, worker->steady_ns);
    }
    bool requested = jn_resolution_take(worker->redirect->resolutions, vnet->vpg_idx, &request);
    if (!requested && !jn_gate_is_due(&vnet->engine, worker->steady_ns))
        return false;
    struct jn_gate_engine engine = vnet->engine;
    engine.counters = jn_vnet_counters(worker, vnet->vpg_idx);
    if (requested)
        jn_gate_resolve(&engine, request.family, request.address, worker->steady_ns);
    for (int i = 0; i < FRAMES_A_ROUND && jn_gate_run_timers(&engine, worker->steady_ns, &send); i++)
        jn_vnet_send_frame(worker, vnet, frame, send.length, send.peer_bits,
                           send.probe ? JN_OWN_REQUEST : JN_OWN_ANSWER);
    return true;
}

bool
jn_vnet_run_timers(struct jn_worker *worker) {
    const struct jn_policy *policy = worker->rules->policy;
    if (policy->gate_count == 0)
        return true;
    // All within so many rounds, however many they are: probes are due every 100 ms, and an idle worker sleeps between rounds.
    uint32_t count = VPGS_A_ROUND + policy->vpg_count / ROUNDS_A_SWEEP;
    unsigned int due = 0;
    for (uint32_t i = 0; due < DUE_A_ROUND && i < count && i < policy->vpg_count; i++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[worker->redirect->cursor++ % policy->vpg_count];
        struct jn_vnet *vnet = worker->rules->vnet[vpg->vpg_idx];
        if (vnet != NULL && (worker->underlay->ports >> vnet->owner_port & 1))
            due += look_after(worker, vnet);
    }
    return due < DUE_A_ROUND;
}
