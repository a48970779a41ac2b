// SPDX-License-Identifier: BSD-3-Clause
// A packet to a peer of the virtual network: the outer header overwrites its Ethernet header, in place. What is too
// long for the path is fragmented, inside or outside, or its sender is told.
#include "redirect/redirect_send.h"

#include <string.h>

#include <rte_mbuf.h>

#include "core/tx.h"
#include "packet/ip.h"
#include "redirect/gate_counters.h"
#include "redirect/outer_fragment.h"
#include "redirect/redirect_state.h"
#include "tunnel/ip_fragment.h"
#include "tunnel/mss.h"
#include "tunnel/too_big.h"
#include "underlay/underlay.h"

enum { MOST_FRAGMENTS = 64, ANSWERS_A_SECOND = 100, ANSWERS_AT_ONCE = 100, ANSWERS_TO_ONE = 20 };

static inline struct jn_gate_counters *
counters_of_vnet(struct jn_worker *worker, const struct jn_redirect_path *path) {
    return jn_vnet_counters(worker, path->vnet->vpg_idx);
}

void
jn_redirect_path_count(struct jn_worker *worker, struct jn_redirect_path *path) {
    if (path->packets == 0)
        return;
    struct jn_gate_peer_counters *peer = &counters_of_vnet(worker, path)->peers[path->peer_idx];
    jn_count(&peer->sent_packets, path->packets);
    jn_count(&peer->sent_bytes, path->bytes);
    path->packets = 0;
    path->bytes = 0;
}

static inline void
count_sent(struct jn_redirect_path *path, uint32_t bytes) {
    path->packets++;
    path->bytes += bytes;
}

// A buffer that is the packet's alone, in one piece, with room for the outer header before it.
static inline bool
is_at_hand(const struct rte_mbuf *mbuf, uint32_t l3) {
    return mbuf->nb_segs == 1 && RTE_MBUF_DIRECT(mbuf) && rte_mbuf_refcnt_read(mbuf) == 1 &&
           rte_pktmbuf_headroom(mbuf) + l3 >= JN_VXLAN_ROOM;
}

static inline struct jn_vxlan_send
describe_send(const struct jn_worker *worker, const struct jn_redirect_path *path, const struct jn_packet *packet,
              uint32_t length) {
    return (struct jn_vxlan_send){.state_mac = path->state_mac,
                                  .gateway = path->gateway,
                                  .length = length,
                                  .hash = jn_redirect_hash(&worker->hash_key, packet),
                                  .type = jn_ether_type_of(jn_packet_family(packet))};
}

// From the IP packet at `l3` of the buffer to the outer frame. What stood behind the packet is link padding.
static inline void
encapsulate(struct rte_mbuf *mbuf, uint32_t l3, const struct jn_redirect_path *path, const struct jn_vxlan_send *send) {
    uint8_t *packet = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, l3);
    uint32_t header = jn_vxlan_write_packet(&path->tunnel->vxlan, packet, send);
    mbuf->data_off = (uint16_t)(mbuf->data_off + l3 - header);
    mbuf->data_len = (uint16_t)(header + send->length);
    mbuf->pkt_len = header + send->length;
}

// Many packets too long at once get few answers (RFC 1812 section 4.3.2.8, RFC 4443 section 2.4 (f)), and one device does
// not use up those of its VPG.
static bool
may_answer(struct jn_worker *worker, const struct jn_packet *packet, const uint8_t *frame,
           const struct jn_redirect_path *path) {
    const struct jn_answer_source source = {JN_ANSWER_TOO_BIG, path->vnet->expected.vni, jn_packet_family(packet),
                                            packet->address[0], frame + 6};
    struct jn_rate *rate = &worker->redirect->answers[path->vnet->vpg_idx];
    return jn_answer_allowed(worker->underlay->limits, &source, ANSWERS_TO_ONE, worker->now_ns) &&
           jn_rate_take(rate, ANSWERS_A_SECOND, ANSWERS_AT_ONCE, worker->now_ns);
}

// whole: the packet's frame in one piece.
static void
answer_too_big(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, const struct rte_mbuf *whole,
               const struct jn_redirect_path *path) {
    static const uint8_t nobody[16];
    const struct jn_packet *packet = jn_burst_packet(burst, i);
    const uint8_t *source = path->vnet->engine.gate->icmp_source[jn_family_index(jn_packet_family(packet))];
    uint8_t frame[JN_TOO_BIG_MAX];
    uint32_t length = 0;
    if (memcmp(source, nobody, 16) != 0)
        length = jn_too_big(rte_pktmbuf_mtod(whole, const uint8_t *), rte_pktmbuf_data_len(whole), packet, source,
                            jn_vnet_tunnel_mtu(path->tunnel), frame);
    struct rte_mbuf *mbuf = length != 0 && may_answer(worker, packet, rte_pktmbuf_mtod(whole, const uint8_t *), path)
                                ? rte_pktmbuf_alloc(worker->answers)
                                : NULL;
    jn_count(mbuf != NULL ? &counters_of_vnet(worker, path)->too_big_sent
                          : &counters_of_vnet(worker, path)->too_big_suppressed,
             1);
    if (mbuf == NULL)
        return;
    memcpy(rte_pktmbuf_append(mbuf, (uint16_t)length), frame, length);
    jn_tx_send_own(worker, worker->tx[burst->port_in], mbuf, JN_OWN_ANSWER);
}

// Fragments that fit, each on its own way through the tunnel (RFC 791 section 3.2). All of them or none.
static bool
send_inner_fragments(struct jn_worker *worker, const struct jn_packet *packet, struct jn_fragments *fragments,
                     uint32_t count, struct jn_redirect_path *path, struct jn_outgoing *out) {
    struct rte_mbuf *parts[MOST_FRAGMENTS];
    if (rte_pktmbuf_alloc_bulk(worker->own_frames, parts, count) != 0)
        return false;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t length = jn_fragments_next(fragments, rte_pktmbuf_mtod(parts[k], uint8_t *));
        struct jn_vxlan_send send = describe_send(worker, path, packet, length);
        encapsulate(parts[k], 0, path, &send);
        jn_outgoing_add(worker, out, path->tunnel->port, parts[k]);
        count_sent(path, length);
    }
    jn_count(&counters_of_vnet(worker, path)->inner_fragments, count);
    return true;
}

// JN_GATE_DROP_COUNT, or why nothing was sent.
static enum jn_gate_drop
send_outer_fragments(struct jn_worker *worker, const struct rte_mbuf *whole, const struct jn_redirect_path *path,
                     struct jn_outgoing *out) {
    struct rte_mbuf *parts[MOST_FRAGMENTS];
    struct jn_fragments fragments;
    uint32_t id = __atomic_fetch_add(worker->outer_identification, 1, __ATOMIC_RELAXED);
    uint32_t mtu = jn_vnet_tunnel_mtu(path->tunnel) + path->tunnel->vxlan.overhead;
    uint32_t count =
        jn_fragments_begin(&fragments, rte_pktmbuf_mtod(whole, const uint8_t *), rte_pktmbuf_pkt_len(whole), mtu, id);
    if (count == 0 || count > MOST_FRAGMENTS)
        return JN_GATE_DROP_TOO_LONG;
    if (rte_pktmbuf_alloc_bulk(worker->own_frames, parts, count) != 0)
        return JN_GATE_DROP_NO_MBUF;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t length = jn_fragments_next(&fragments, rte_pktmbuf_mtod(parts[k], uint8_t *));
        parts[k]->data_len = (uint16_t)length;
        parts[k]->pkt_len = length;
        jn_outgoing_add(worker, out, path->tunnel->port, parts[k]);
    }
    jn_count(&counters_of_vnet(worker, path)->outer_fragments, count);
    return JN_GATE_DROP_COUNT;
}

static void
fragment_outside(struct jn_worker *worker, struct rte_mbuf *mbuf, const struct jn_packet *packet,
                 struct jn_redirect_path *path, struct jn_outgoing *out) {
    struct jn_vxlan_send send = describe_send(worker, path, packet, packet->ip_length);
    enum jn_gate_drop why = JN_GATE_DROP_TOO_LONG;
    if (packet->ip_length <= path->tunnel->vxlan.inner_whole) {
        encapsulate(mbuf, packet->l3_offset, path, &send);
        why = send_outer_fragments(worker, mbuf, path, out);
    }
    if (why != JN_GATE_DROP_COUNT) {
        jn_gate_drop_packet(worker, path->vnet->vpg_idx, why, mbuf);
        return;
    }
    count_sent(path, packet->ip_length);
    rte_pktmbuf_free(mbuf);
}

// mbuf: of packet i, or a copy, at hand.
static void
send_too_long(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, struct rte_mbuf *mbuf,
              struct jn_redirect_path *path, struct jn_outgoing *out) {
    const struct jn_packet *packet = jn_burst_packet(burst, i);
    const uint8_t *data = rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, packet->l3_offset);
    struct jn_fragments fragments;
    // A link that does not take 1,280 bytes of IPv6 has to carry them in pieces all the same (RFC 8200 section 5).
    bool below_ipv6 = (packet->flags & JN_PACKET_IPV6) && packet->ip_length <= JN_LEAST_MTU6;
    if (below_ipv6 || (path->vnet->engine.gate->flags & JN_GATE_OUTER_FRAGMENT)) {
        fragment_outside(worker, mbuf, packet, path, out);
        return;
    }
    uint32_t count = packet->flags & JN_PACKET_IPV6 ? 0
                                                    : jn_inner_fragments_begin(&fragments, data, packet->ip_length,
                                                                               jn_vnet_tunnel_mtu(path->tunnel));
    if (count == 0 || count > MOST_FRAGMENTS) {
        answer_too_big(worker, burst, i, mbuf, path);
        jn_gate_drop_packet(worker, path->vnet->vpg_idx, JN_GATE_DROP_TOO_LONG, mbuf);
    } else if (!send_inner_fragments(worker, packet, &fragments, count, path, out)) {
        jn_gate_drop_packet(worker, path->vnet->vpg_idx, JN_GATE_DROP_NO_MBUF, mbuf);
    } else {
        rte_pktmbuf_free(mbuf);
    }
}

static void
clamp_mss(struct jn_worker *worker, struct rte_mbuf *mbuf, const struct jn_packet *packet,
          const struct jn_redirect_path *path) {
    if (path->vnet->engine.gate->flags & JN_GATE_OUTER_FRAGMENT)
        return;
    if (jn_mss_clamp(rte_pktmbuf_mtod(mbuf, uint8_t *), rte_pktmbuf_data_len(mbuf), packet,
                     jn_vnet_tunnel_mtu(path->tunnel)) == JN_MSS_CLAMPED)
        jn_count(&counters_of_vnet(worker, path)->mss_clamped, 1);
}

void
jn_redirect_send(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, struct jn_redirect_path *path,
                 struct jn_outgoing *out) {
    const struct jn_packet *packet = jn_burst_packet(burst, i);
    struct rte_mbuf *mbuf = burst->mbuf[i];
    if (__builtin_expect(!is_at_hand(mbuf, packet->l3_offset), 0)) {
        enum jn_gate_drop why;
        mbuf = jn_whole_copy(worker, burst->mbuf[i], &why);
        if (mbuf == NULL) {
            jn_gate_drop_packet(worker, path->vnet->vpg_idx, why, burst->mbuf[i]);
            return;
        }
    }
    if (__builtin_expect(packet->ip_length > jn_vnet_tunnel_mtu(path->tunnel), 0)) {
        send_too_long(worker, burst, i, mbuf, path, out);
    } else {
        if (packet->tcp_flags & JN_TCP_SYN)
            clamp_mss(worker, mbuf, packet, path);
        struct jn_vxlan_send send = describe_send(worker, path, packet, packet->ip_length);
        encapsulate(mbuf, packet->l3_offset, path, &send);
        jn_outgoing_add(worker, out, path->tunnel->port, mbuf);
        count_sent(path, packet->ip_length);
    }
    if (mbuf != burst->mbuf[i])
        rte_pktmbuf_free(burst->mbuf[i]); // it was read until here
}
