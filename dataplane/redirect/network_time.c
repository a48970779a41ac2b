// SPDX-License-Identifier: BSD-3-Clause
#include "redirect/network_time.h"

#include <string.h>

#include <rte_mbuf.h>

#include "core/tx.h"
#include "gate/gate_engine.h"
#include "policy/ruleset.h"
#include "redirect/redirect_state.h"
#include "underlay/underlay.h"

enum { FRAMES_A_ROUND = 4, VPGS_A_ROUND = 16 };

static bool
is_mine(const struct jn_worker *worker, const struct jn_network *network) {
    return worker->underlay->ports >> network->owner_port & 1;
}

static void
send_to(struct jn_worker *worker, const struct jn_network_link *link, const uint8_t *frame, uint32_t length) {
    uint64_t hop = __atomic_load_n(&link->next_hop->link, __ATOMIC_RELAXED);
    struct rte_mbuf *mbuf = jn_link_state(hop) >= JN_NEIGHBOUR_REACHABLE ? rte_pktmbuf_alloc(worker->own_frames) : NULL;
    if (mbuf == NULL)
        return; // asked again in time
    memcpy(rte_pktmbuf_append(mbuf, (uint16_t)length), frame, length);
    struct jn_vxlan_send send = {.link = hop, .length = length, .hash = link->vxlan.sum};
    rte_pktmbuf_prepend(mbuf, (uint16_t)jn_vxlan_write_frame(&link->vxlan, rte_pktmbuf_mtod(mbuf, uint8_t *), &send));
    jn_tx_send(worker, worker->tx[link->port], &mbuf, 1);
}

void
jn_network_send_frame(struct jn_worker *worker, const struct jn_network *network, const uint8_t *frame, uint32_t length,
                      uint16_t places) {
    for (; places != 0; places &= (uint16_t)(places - 1)) {
        const struct jn_network_link *link = network->link[__builtin_ctz(places)];
        if (link != NULL)
            send_to(worker, link, frame, length);
    }
}

// Gateways are watched by a steady clock: one that is set must not make them seem late.
static void
look_after(struct jn_worker *worker, const struct jn_network *network) {
    uint8_t frame[JN_GATE_FRAME_MAX];
    struct jn_gate_send send = {.frame = frame, .room = sizeof(frame)};
    struct jn_want want;
    bool wanted = jn_want_take(worker->redirect->wants, network->slot, &want);
    if (!wanted && !jn_gate_is_due(&network->engine, worker->steady_ns))
        return;
    struct jn_gate_engine engine = network->engine;
    engine.counters = &worker->redirect->counters[network->slot];
    if (wanted)
        jn_gate_want(&engine, want.family, want.address, worker->steady_ns);
    for (int i = 0; i < FRAMES_A_ROUND && jn_gate_tick(&engine, worker->steady_ns, &send); i++)
        jn_network_send_frame(worker, network, frame, send.length, send.places);
}

void
jn_network_pass_time(struct jn_worker *worker) {
    const struct jn_policy *policy = worker->rules->policy;
    if (policy->gate_count == 0)
        return;
    for (uint32_t i = 0; i < VPGS_A_ROUND && i < policy->vpg_count; i++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[worker->redirect->cursor++ % policy->vpg_count];
        const struct jn_network *network = worker->rules->network[vpg->slot];
        if (network != NULL && is_mine(worker, network))
            look_after(worker, network);
    }
}
