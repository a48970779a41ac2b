// SPDX-License-Identifier: BSD-3-Clause
#include "redirect/redirect_usual.h"

#include <rte_mbuf.h>

#include "flow/flow_state.h"
#include "packet/bytes.h"
#include "policy.h"

void
jn_redirect_usual_begin(struct jn_redirect_usual *usual, const struct jn_redirect_path *path,
                        const struct jn_burst *burst) {
    const struct jn_gate *gate = path->vnet->engine.gate;
    jn_vxlan_make_ready(&usual->header, &path->tunnel->vxlan, path->state_mac, path->gateway);
    usual->mtu = jn_vnet_tunnel_mtu(path->tunnel);
    bool plain = burst->link_type == JN_LINKTYPE_ETHERNET && !path->vnet->several_wires && usual->header.quick;
    usual->families = plain ? (uint8_t)((gate->length[0] != 0) | (gate->length[1] != 0) << 1) : 0;
}

// What a run's packets have in common, as its first one has it.
struct run {
    uint32_t flags, l3, mtu;
    uint16_t vpg_idx;
    bool six, tagged;
};

// The packet's alone, in one piece, with room for the outer header before it.
static inline bool
is_at_hand(const struct rte_mbuf *mbuf, uint32_t l3) {
    _Static_assert(offsetof(struct rte_mbuf, nb_segs) == offsetof(struct rte_mbuf, refcnt) + 2, "read together");
    uint32_t counts;
    memcpy(&counts, (const uint8_t *)mbuf + offsetof(struct rte_mbuf, refcnt), sizeof(counts));
    return counts == 0x00010001 && RTE_MBUF_DIRECT(mbuf) && mbuf->data_off + l3 >= JN_VXLAN_ROOM;
}

// Does it belong to the tunnels or to the wire itself, or may it? TCP and UDP alone are looked at.
static inline bool
may_stay(const struct jn_packet *packet, bool six) {
    const uint8_t *to = packet->address[1];
    bool local = six ? to[0] == 0xfe : to[0] == 169 && to[1] == 254;
    return local ||
           (packet->protocol != JN_IP_TCP && (packet->protocol != JN_IP_UDP || packet->port[1] == JN_VXLAN_PORT));
}

static inline bool
is_usual(const struct run *run, const struct jn_burst *burst, unsigned int i) {
    const struct jn_packet *packet = jn_burst_packet(burst, i);
    const struct rte_mbuf *mbuf = burst->mbuf[i];
    const uint8_t *frame = burst->data[i];
    uint32_t bytes = burst->bytes[i], verdict = burst->verdict[i];
    uint32_t odd = ((packet->flags & ~(uint32_t)JN_PACKET_TCP) ^ run->flags) | (packet->l3_offset ^ run->l3) |
                   (packet->tcp_flags & JN_TCP_SYN) | (packet->vlan_id ^ JN_FLOW_VLAN_ID_NONE) |
                   (burst->vpg_idx[i] ^ (uint32_t)run->vpg_idx) | (verdict & JN_VERDICT_DROP) |
                   (bytes ^ mbuf->pkt_len) | (frame[0] & 1);
    if (odd != 0 || !(verdict & (JN_VERDICT_REDIRECT | JN_VERDICT_GATE)) || burst->flow[i] == JN_FLOW_NONE)
        return false;
    return packet->ip_length <= run->mtu && run->l3 + packet->ip_length <= bytes && is_at_hand(mbuf, run->l3) &&
           !may_stay(packet, run->six) && (!run->tagged || jn_be16(frame + 12) == JN_ETHER_VLAN);
}

static inline unsigned int
send_run(struct jn_worker *worker, const struct jn_vxlan_ready *header, const struct run *run,
         const struct jn_burst *burst, unsigned int i, struct rte_mbuf **to, uint64_t *bytes) {
    const struct jn_hash_key key = worker->hash_key;
    struct jn_flow_through *through = worker->flow->through;
    uint16_t type = jn_ether_type_of(jn_family(run->six));
    uint64_t all = 0;
    for (; i < burst->count && is_usual(run, burst, i); i++) {
        const struct jn_packet *packet = jn_burst_packet(burst, i);
        struct rte_mbuf *mbuf = burst->mbuf[i];
        uint32_t length = packet->ip_length, whole = JN_VXLAN_READY_BYTES + length, at = mbuf->data_off + run->l3;
        jn_vxlan_write_quick(header, (uint8_t *)mbuf->buf_addr + at, length, jn_redirect_hash(&key, packet), type);
        mbuf->data_off = (uint16_t)(at - JN_VXLAN_READY_BYTES);
        mbuf->data_len = (uint16_t)whole;
        mbuf->pkt_len = whole;
        through[burst->flow[i]].sent++;
        all += length;
        *to++ = mbuf;
    }
    *bytes += all;
    return i;
}

unsigned int
jn_redirect_usual_run(struct jn_worker *worker, const struct jn_redirect_usual *usual, const struct jn_burst *burst,
                      unsigned int i, struct jn_redirect_path *path, struct jn_outgoing *out) {
    const struct jn_vxlan_ready header = usual->header; // nothing that is written meanwhile can change it
    const struct jn_packet *first = jn_burst_packet(burst, i);
    uint32_t flags = first->flags & (JN_PACKET_VLAN | JN_PACKET_IPV6);
    bool six = flags & JN_PACKET_IPV6, tagged = flags & JN_PACKET_VLAN;
    const struct run run = {.flags = flags | JN_PACKET_IP | JN_PACKET_PORTS,
                            .l3 = JN_ETHERNET_BYTES + (tagged ? JN_VLAN_TAG_BYTES : 0),
                            .mtu = usual->mtu,
                            .vpg_idx = burst->vpg_idx[i],
                            .six = six,
                            .tagged = tagged};
    if (!(usual->families >> six & 1))
        return i;
    if (out->port != path->tunnel->port || out->count + burst->count - i > JN_BURST)
        jn_outgoing_send(worker, out);
    out->port = path->tunnel->port;
    unsigned int next = send_run(worker, &header, &run, burst, i, out->mbufs + out->count, &path->bytes);
    out->count += next - i;
    path->packets += next - i;
    return next;
}
