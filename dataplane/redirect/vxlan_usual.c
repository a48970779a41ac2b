// SPDX-License-Identifier: BSD-3-Clause
#include "redirect/vxlan_usual.h"

#include <rte_mbuf.h>

#include "flow/flow_key.h"
#include "flow/flow_state.h"
#include "packet/ip.h"
#include "redirect/gate_counters.h"
#include "redirect/redirect_state.h"
#include "redirect/reinject.h"

enum { UDP_PORT_AT = 2, VNI_AT = 12, OUTER_TRANSPORT = 16, TCP_LEAST = 14 };

// The peer that such bytes are from if they are from any: the pattern of what comes from it judges them.
static const struct jn_vnet_source *
source_by_bytes(const struct jn_worker *worker, const uint8_t *frame, uint32_t length) {
    uint8_t outer[16] = {0};
    if (length < JN_ETHERNET_BYTES + JN_IPV6_BYTES + OUTER_TRANSPORT) // no room for an inner packet, either
        return NULL;
    const uint8_t *ip = frame + JN_ETHERNET_BYTES;
    uint8_t family = jn_family_of_type(jn_be16(frame + 12));
    if (family == 0)
        return NULL;
    const uint8_t *udp = ip + jn_ip_header_bytes(family);
    if ((family == 6 ? ip[6] : ip[9]) != JN_IP_UDP || jn_be16(udp + UDP_PORT_AT) != JN_VXLAN_PORT)
        return NULL;
    memcpy(outer, family == 6 ? ip + 8 : ip + 12, jn_address_bytes(family));
    return jn_vnet_find_source(worker->rules->sources, outer, family, jn_be32(udp + VNI_AT) >> 8);
}

// Are the peer's packets those of a gateway, and does the burst's port lead to it?
static const struct jn_vxlan_pattern *
pattern_of(const struct jn_vnet_source *source, uint16_t port) {
    const struct jn_vnet_tunnel *tunnel = source != NULL ? source->vnet->tunnel[source->peer_idx] : NULL;
    bool gateway = tunnel != NULL && source->vnet->redirects && (source->vnet->sources >> source->peer_idx & 1);
    return gateway && tunnel->port == port ? &tunnel->pattern : NULL;
}

// Is it TCP or UDP, and are the headers that are looked at within the payload?
static inline bool
is_usual_transport(uint8_t protocol, uint32_t payload) {
    return protocol == JN_IP_UDP ? payload >= JN_UDP_BYTES : protocol == JN_IP_TCP && payload >= TCP_LEAST;
}

// What jn_vxlan_input_take lets go on of a gateway's packets.
static inline bool
are_usual_ends(const struct jn_gate *gate, uint8_t family, const uint8_t *from, const uint8_t *to) {
    return jn_address_is_host(family, from) && !jn_gate_is_own(gate, family, from) &&
           !jn_gate_is_own(gate, family, to) && !jn_address_is_link_local(family, to) &&
           (jn_address_is_host(family, to) || jn_address_is_group(family, to));
}

// room: bytes that there are; at least those of an IPv4 header.
static inline bool
is_usual_ipv4(const struct jn_gate *gate, const uint8_t *ip, uint32_t room) {
    // Version and header length; no fragment.
    const uint64_t looked_at = UINT64_C(0xff) | (uint64_t)htobe16(JN_IPV4_MF | JN_IPV4_OFFSET) << 48;
    uint32_t length = jn_be16(ip + 2);
    uint64_t first;
    memcpy(&first, ip, sizeof(first));
    return (first & looked_at) == 0x45 && length <= room && length >= JN_IPV4_BYTES &&
           is_usual_transport(ip[9], length - JN_IPV4_BYTES) && jn_checksum_is_right_ipv4(ip) &&
           are_usual_ends(gate, 4, ip + 12, ip + 16);
}

static inline bool
is_usual_ipv6(const struct jn_gate *gate, const uint8_t *ip, uint32_t room) {
    uint32_t payload = jn_be16(ip + 4);
    return ip[0] >> 4 == 6 && payload + JN_IPV6_BYTES <= room && is_usual_transport(ip[6], payload) &&
           are_usual_ends(gate, 6, ip + 8, ip + 24);
}

static inline bool
is_inner_usual(const struct jn_gate *gate, const uint8_t *frame, uint32_t length) {
    const uint8_t *ip = frame + JN_ETHERNET_BYTES;
    uint16_t type;
    memcpy(&type, frame + 12, sizeof(type));
    if (__builtin_expect(type == htobe16(JN_ETHER_IPV4), 1))
        return is_usual_ipv4(gate, ip, length - JN_ETHERNET_BYTES);
    return type == htobe16(JN_ETHER_IPV6) && is_usual_ipv6(gate, ip, length - JN_ETHERNET_BYTES);
}

void
jn_vxlan_usual_look(const struct jn_worker *worker, const struct jn_burst *burst, struct jn_vxlan_usual *usual) {
    const struct jn_vnet_source *source = NULL;
    const struct jn_vxlan_pattern *pattern = NULL;
    uint64_t mask = 0;
    usual->mask = 0;
    if (worker->rules->sources == NULL)
        return;
    for (unsigned int i = 0, count = burst->count; i < count; i++) {
        const uint8_t *frame = burst->data[i];
        if (burst->mbuf[i]->nb_segs != 1)
            continue;
        if (pattern == NULL || !jn_vxlan_pattern_matches(pattern, frame, burst->length[i])) {
            source = source_by_bytes(worker, frame, burst->length[i]);
            pattern = pattern_of(source, burst->port_in);
            if (pattern == NULL || !jn_vxlan_pattern_matches(pattern, frame, burst->length[i]))
                continue;
        }
        usual->source[i] = source;
        bool is = is_inner_usual(source->vnet->engine.gate, frame + pattern->inner_at,
                                 jn_vxlan_pattern_inner(pattern, frame));
        mask |= (uint64_t)is << i;
    }
    usual->mask = mask;
}

static void
count(struct jn_worker *worker, const struct jn_vnet_source *source, uint64_t packets, uint64_t bytes) {
    if (packets == 0)
        return;
    struct jn_gate_peer_counters *peer = &jn_vnet_counters(worker, source->vnet->vpg_idx)->peers[source->peer_idx];
    jn_count(&peer->returned_packets, packets);
    jn_count(&peer->returned_bytes, bytes);
}

// The key of a usual packet, and a prefetch of its bucket. `packet`: its place; of IPv4 nothing of it is needed for the key,
// and it stays as it is.
static inline void
make_key(const struct jn_flow_table *table, const struct jn_vnet *vnet, const uint8_t *ip, struct jn_packet *packet,
         struct jn_flow_key *key) {
    struct jn_packet ends = {.flags = JN_PACKET_IP | JN_PACKET_PORTS, .vlan_id = JN_FLOW_VLAN_ID_NONE};
    bool v6 = ip[0] != 0x45;
    uint32_t ports = jn_be32(ip + (v6 ? JN_IPV6_BYTES : JN_IPV4_BYTES));
    ports = ports << 16 | ports >> 16;
    memcpy(ends.port, &ports, sizeof(ports)); // of either byte order: both ports turn together
    if (__builtin_expect(v6, 0)) {
        ends.flags |= JN_PACKET_IPV6;
        ends.protocol = ip[6];
        memcpy(ends.address, ip + 8, sizeof(ends.address));
        *packet = ends;
        jn_flow_key(table, packet, vnet->vpg_idx, key);
    } else {
        ends.protocol = ip[9];
        memcpy(ends.address[0], ip + 12, 4);
        memcpy(ends.address[1], ip + 16, 4);
        jn_flow_key_quick(table, &ends, vnet->vpg_idx, key);
        key->packet = packet;
    }
    __builtin_prefetch(&table->buckets[jn_flow_first_bucket(table, key->hash)]);
}

// Returns the bytes of the IP packet.
static inline uint32_t
take(struct jn_worker *worker, const struct jn_vnet *vnet, struct rte_mbuf *mbuf, const uint8_t *frame,
     uint32_t inner_at) {
    struct jn_reinject *reinject = &worker->redirect->reinject;
    const uint8_t *ip = frame + inner_at + JN_ETHERNET_BYTES;
    unsigned int at = reinject->count++;
    struct jn_flow_key *key = &reinject->key[reinject->keys++];
    uint32_t ip_length = jn_ip_length(ip);
    reinject->mbuf[at] = mbuf;
    reinject->vnet[at] = vnet;
    reinject->inner_at[at] = (uint16_t)inner_at;
    reinject->ip_length[at] = (uint16_t)ip_length;
    make_key(&worker->flow->table, vnet, ip, &reinject->packet[at], key);
    key->at = (uint8_t)at;
    return ip_length;
}

void
jn_vxlan_usual_take(struct jn_worker *worker, const struct jn_burst *burst, uint64_t which,
                    const struct jn_vxlan_usual *usual) {
    const struct jn_vnet_source *source = NULL;
    uint64_t packets = 0, bytes = 0;
    if (worker->redirect->reinject.count + (unsigned int)__builtin_popcountll(which) > JN_REINJECT_MAX)
        jn_reinject_send(worker);
    for (; which != 0; which &= which - 1) {
        unsigned int i = (unsigned int)__builtin_ctzll(which);
        if (usual->source[i] != source) {
            count(worker, source, packets, bytes);
            source = usual->source[i];
            packets = bytes = 0;
        }
        packets++;
        bytes += take(worker, source->vnet, burst->mbuf[i], burst->data[i], jn_vxlan_usual_inner_at(usual, i));
    }
    count(worker, source, packets, bytes);
}
