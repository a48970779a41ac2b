// SPDX-License-Identifier: BSD-3-Clause
#include "redirect/outer_fragment.h"

#include <rte_mbuf.h>

#include "packet/ip.h"
#include "policy/ruleset.h"
#include "redirect/gate_counters.h"
#include "redirect/redirect_state.h"
#include "tunnel/reassembly.h"
#include "underlay/underlay.h"

// Of fragments no VNI is known: any network of the sender's.
static const struct jn_vnet *
vnet_of(const struct jn_worker *worker, uint8_t family, const uint8_t *source) {
    uint8_t outer[16];
    jn_address_copy(family, outer, source);
    const struct jn_vnet_source *from = jn_vnet_find_source(worker->rules->sources, outer, family, UINT32_MAX);
    return from == NULL ? NULL : from->vnet;
}

static void
drop_frame(struct jn_worker *worker, struct rte_mbuf *mbuf, enum jn_gate_drop why) {
    const uint8_t *ip = rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, mbuf->l2_len);
    const struct jn_vnet *vnet = vnet_of(worker, jn_ip_family(ip), ip + jn_ip_source_at(ip));
    if (vnet != NULL) {
        jn_gate_drop_packet(worker, vnet->vpg_idx, why, mbuf);
        return;
    }
    jn_count(&worker->underlay->counters->ignored_tunnel, 1); // the policy that knew the peer is gone
    rte_pktmbuf_free(mbuf);
}

static void
drop_given_up(struct jn_worker *worker) {
    struct rte_mbuf *mbuf;
    while ((mbuf = jn_reassembly_next_lost(worker->redirect->reassembly)) != NULL)
        drop_frame(worker, mbuf, JN_GATE_DROP_OUTER_FRAGMENT);
}

struct rte_mbuf *
jn_whole_copy(struct jn_worker *worker, const struct rte_mbuf *frame, enum jn_gate_drop *why) {
    struct rte_mbuf *whole = rte_pktmbuf_copy(frame, worker->own_frames, 0, UINT32_MAX);
    *why = JN_GATE_DROP_NO_MBUF;
    if (whole == NULL || whole->nb_segs == 1)
        return whole;
    rte_pktmbuf_free(whole);
    *why = JN_GATE_DROP_TOO_LONG;
    return NULL;
}

struct rte_mbuf *
jn_in_one_piece(struct jn_worker *worker, struct rte_mbuf *chain) {
    enum jn_gate_drop why;
    struct rte_mbuf *whole = jn_whole_copy(worker, chain, &why);
    if (whole == NULL)
        drop_frame(worker, chain, why == JN_GATE_DROP_TOO_LONG ? JN_GATE_DROP_OUTER_TOO_LONG : why);
    else
        rte_pktmbuf_free(chain);
    return whole;
}

struct rte_mbuf *
jn_outer_fragment_add(struct jn_worker *worker, struct rte_mbuf *mbuf, const struct jn_packet *packet) {
    const struct jn_vnet *vnet = vnet_of(worker, jn_packet_family(packet), packet->address[0]);
    mbuf->l2_len = packet->l3_offset;
    if (vnet == NULL) {
        jn_count(&worker->underlay->counters->ignored_tunnel, 1);
        rte_pktmbuf_free(mbuf);
        return NULL;
    }
    if (mbuf->nb_segs != 1) {
        mbuf = jn_in_one_piece(worker, mbuf);
        if (mbuf == NULL)
            return NULL;
        mbuf->l2_len = packet->l3_offset;
    }
    if (!jn_reassembly_takes(mbuf, packet)) {
        // The underlay has refused whatever has an exception: what is left is a header that the library does not look behind.
        jn_gate_drop_packet(worker, vnet->vpg_idx, JN_GATE_DROP_OUTER_HEADER, mbuf);
        return NULL;
    }
    struct rte_mbuf *chain = jn_reassembly_add(worker->redirect->reassembly, mbuf, packet);
    drop_given_up(worker);
    struct rte_mbuf *whole = chain != NULL ? jn_in_one_piece(worker, chain) : NULL;
    if (whole != NULL)
        jn_count(&jn_vnet_counters(worker, vnet->vpg_idx)->reassembled, 1);
    return whole;
}

void
jn_outer_fragment_expire(struct jn_worker *worker) {
    if (worker->redirect->reassembly == NULL)
        return;
    jn_reassembly_expire(worker->redirect->reassembly, worker->steady_ns);
    drop_given_up(worker);
}
