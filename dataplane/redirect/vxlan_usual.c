// SPDX-License-Identifier: BSD-3-Clause
#include "redirect/vxlan_usual.h"

#include <rte_mbuf.h>

#include "flow/flow_key.h"
#include "flow/flow_state.h"
#include "packet/ip.h"
#include "packet/parse.h"
#include "redirect/gate_counters.h"
#include "redirect/redirect_state.h"
#include "redirect/reinject.h"

enum { UDP_PORT_AT = 2, VNI_AT = 12, OUTER_TRANSPORT = 16, UDP_LEAST = 8, TCP_LEAST = 14 };

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

static const struct jn_vxlan_pattern nobodys = {.bytes = UINT32_MAX};

void
jn_vxlan_usual_begin(struct jn_vxlan_usual *usual, const struct jn_owners *owners) {
    *usual = (struct jn_vxlan_usual){.owners = owners, .pattern = &nobodys};
}

// Whose the packet is, by its bytes: a gateway's, and the burst's port leads to it, or nobody's.
static void
find_peer(const struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, struct jn_vxlan_usual *usual) {
    const struct jn_vnet_source *source = source_by_bytes(worker, burst->data[i], burst->length[i]);
    const struct jn_vnet_tunnel *tunnel = source != NULL ? source->vnet->tunnel[source->peer_idx] : NULL;
    bool gateway = tunnel != NULL && source->vnet->redirects && (source->vnet->sources >> source->peer_idx & 1) &&
                   tunnel->port == burst->port_in;
    jn_vxlan_usual_begin(usual, usual->owners);
    if (!gateway)
        return;
    usual->source = source;
    usual->pattern = &tunnel->pattern;
    usual->gate = source->vnet->engine.gate;
    usual->vpg_and_vlan = jn_flow_place(JN_FLOW_VLAN_ID_NONE, source->vnet->vpg_idx);
    usual->inner_at = jn_vxlan_inner_at(tunnel->pattern.v6);
    if (usual->gate->length[0] != 0)
        memcpy(&usual->own, usual->gate->address[0], sizeof(usual->own));
}

// Is it TCP or UDP, and are the headers that are looked at within the payload? payload: below 0 it is none.
static inline bool
is_usual_transport(uint8_t protocol, int32_t payload) {
    return protocol == JN_IP_UDP ? payload >= UDP_LEAST : protocol == JN_IP_TCP && payload >= TCP_LEAST;
}

// What jn_vxlan_input_take lets go on of a gateway's packets: of the ends of IPv4, and of IPv6.
static inline bool
are_usual_ipv4(const struct jn_vxlan_usual *usual, const uint8_t from[4], const uint8_t to[4]) {
    uint32_t source, destination;
    memcpy(&source, from, sizeof(source));
    memcpy(&destination, to, sizeof(destination));
    return source != usual->own && destination != usual->own && jn_address_is_host(4, from) &&
           (jn_address_is_host(4, to) || jn_address_is_group(4, to));
}

static inline bool
are_usual_ipv6(const struct jn_gate *gate, const uint8_t from[16], const uint8_t to[16]) {
    return jn_address_is_host(6, from) && !jn_gate_is_own(gate, 6, from) && !jn_gate_is_own(gate, 6, to) &&
           !jn_address_is_link_local(6, to) && (jn_address_is_host(6, to) || jn_address_is_group(6, to));
}

// room: bytes that there are; at least those of an IPv4 header.
static inline bool
is_usual_ipv4(const struct jn_vxlan_usual *usual, const uint8_t *ip, uint32_t room) {
    // Version and header length; no fragment.
    const uint64_t looked_at = UINT64_C(0xff) | (uint64_t)htobe16(JN_IPV4_MF | JN_IPV4_OFFSET) << 48;
    uint32_t length = jn_be16(ip + 2);
    uint64_t first;
    memcpy(&first, ip, sizeof(first));
    return (first & looked_at) == 0x45 && length <= room &&
           is_usual_transport(ip[9], (int32_t)(length - JN_IPV4_BYTES)) && jn_checksum_is_right_ipv4(ip) &&
           are_usual_ipv4(usual, ip + 12, ip + 16);
}

static inline bool
is_usual_ipv6(const struct jn_vxlan_usual *usual, const uint8_t *ip, uint32_t room) {
    uint32_t payload = jn_be16(ip + 4);
    return ip[0] >> 4 == 6 && payload + JN_IPV6_BYTES <= room && is_usual_transport(ip[6], (int32_t)payload) &&
           are_usual_ipv6(usual->gate, ip + 8, ip + 24);
}

// Is it the peer's by all that stands before the inner IP header? v6: the pattern's.
static inline bool
is_from(struct jn_vxlan_usual *usual, const uint8_t *frame, uint32_t length, bool v6) {
    if (!jn_vxlan_pattern_fits(usual->pattern, frame, v6))
        return false;
    uint64_t outer = jn_vxlan_source_at(frame), inner = jn_vxlan_source_at(frame + jn_vxlan_inner_at(v6));
    if (__builtin_expect(((outer ^ usual->outer) | (inner ^ usual->inner)) != 0, 0)) {
        if (!jn_vxlan_pattern_macs(usual->pattern, outer, inner))
            return false;
        usual->outer = outer;
        usual->inner = inner;
    }
    return jn_vxlan_pattern_sound(usual->pattern, frame, length, v6);
}

enum look { NOT_FROM_PEER, NOT_USUAL, USUAL_IPV4, USUAL_IPV6 };

static inline __attribute__((always_inline)) enum look
look_at(struct jn_vxlan_usual *usual, const uint8_t *frame, uint32_t length, bool v6) {
    if (!is_from(usual, frame, length, v6))
        return NOT_FROM_PEER;
    const uint8_t *inner = frame + jn_vxlan_inner_at(v6), *ip = inner + JN_ETHERNET_BYTES;
    uint32_t room = jn_vxlan_pattern_inner(frame, v6) - JN_ETHERNET_BYTES;
    uint16_t type;
    memcpy(&type, inner + 12, sizeof(type));
    if (__builtin_expect(type == htobe16(JN_ETHER_IPV4), 1))
        return is_usual_ipv4(usual, ip, room) ? USUAL_IPV4 : NOT_USUAL;
    return type == htobe16(JN_ETHER_IPV6) && is_usual_ipv6(usual, ip, room) ? USUAL_IPV6 : NOT_USUAL;
}

static inline __attribute__((always_inline)) enum look
look(struct jn_vxlan_usual *usual, const uint8_t *frame, uint32_t length) {
    if (length < usual->pattern->bytes)
        return NOT_FROM_PEER;
    return __builtin_expect(usual->pattern->v6, 0) ? look_at(usual, frame, length, true)
                                                   : look_at(usual, frame, length, false);
}

// The same of packet i, which may be another peer's.
static __attribute__((noinline)) enum look
look_anew(const struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, struct jn_vxlan_usual *usual) {
    find_peer(worker, burst, i, usual);
    return look(usual, burst->data[i], burst->length[i]);
}

// usual: a copy of its own that only here is known, so that it stays in registers.
static inline __attribute__((always_inline)) enum look
look_at_packet(const struct jn_worker *worker, const struct jn_burst *burst, unsigned int i,
               struct jn_vxlan_usual *usual) {
    if (burst->mbuf[i]->nb_segs != 1)
        return NOT_USUAL;
    enum look what = look(usual, burst->data[i], burst->length[i]);
    if (__builtin_expect(what != NOT_FROM_PEER, 1))
        return what;
    struct jn_vxlan_usual found = *usual;
    what = look_anew(worker, burst, i, &found);
    *usual = found;
    return what;
}

unsigned int
jn_vxlan_usual_find(const struct jn_worker *worker, const struct jn_burst *burst, unsigned int from,
                    struct jn_vxlan_usual *usual) {
    if (worker->rules->sources == NULL)
        return burst->count;
    struct jn_vxlan_usual own = *usual;
    while (from < burst->count && look_at_packet(worker, burst, from, &own) < USUAL_IPV4)
        from++;
    *usual = own;
    return from;
}

// The key of a usual packet of IPv4: what jn_flow_key makes of it once it is parsed, which it need not be.
static inline void
make_key_ipv4(const struct jn_flow_table *table, const uint8_t *ip, uint64_t vpg_and_vlan, struct jn_flow_key *key) {
    uint64_t forth;
    memcpy(&forth, ip + 12, sizeof(forth));
    uint32_t ports = jn_be32(ip + JN_IPV4_BYTES), turned = ports << 16 | ports >> 16;
    bool swapped = jn_flow_key_order(be64toh(forth), ports > turned, &key->key0);
    key->key1 = (swapped ? ports : turned) | (uint64_t)ip[9] << 32 | vpg_and_vlan;
    key->hash = jn_flow_hash(table, key->key0, key->key1);
    key->swapped = swapped;
    key->v6 = false;
}

static __attribute__((noinline)) void
make_key_ipv6(const struct jn_flow_table *table, const uint8_t *frame, uint32_t length, uint16_t vpg_idx,
              struct jn_packet *packet, struct jn_flow_key *key) {
    jn_parse_frames(&frame, &length, &length, JN_LINKTYPE_ETHERNET, packet, 1);
    packet->vlan_id = JN_FLOW_VLAN_ID_NONE;
    jn_flow_key(table, packet, vpg_idx, key);
}

// The worker that owns the flow of a usual packet: no fragment, so owners alone tell.
static __attribute__((noinline)) unsigned int
owner_of(const struct jn_owners *owners, const uint8_t *frame, uint32_t length) {
    struct jn_packet packet;
    jn_parse_frames(&frame, &length, &length, JN_LINKTYPE_ETHERNET, &packet, 1);
    return jn_owner(owners, &packet);
}

static void
count(struct jn_worker *worker, const struct jn_vnet_source *source, uint64_t packets, uint64_t bytes) {
    if (packets == 0)
        return;
    struct jn_gate_peer_counters *peer = &jn_vnet_counters(worker, source->vnet->vpg_idx)->peers[source->peer_idx];
    jn_count(&peer->returned_packets, packets);
    jn_count(&peer->returned_bytes, bytes);
}

unsigned int
jn_vxlan_usual_take(struct jn_worker *worker, const struct jn_burst *burst, unsigned int from,
                    struct jn_vxlan_usual *usual) {
    struct jn_reinject *reinject = &worker->redirect->reinject;
    const struct jn_flow_table *table = &worker->flow->table;
    struct jn_vxlan_usual own = *usual;
    const struct jn_vnet_source *counted = NULL;
    uint64_t bytes = 0;
    unsigned int i = from, first = from, end = burst->count;
    usual->owner = worker->index;
    if (worker->rules->sources == NULL)
        return from;
    if (reinject->count + (end - from) > JN_REINJECT_MAX)
        jn_reinject_send(worker);
    unsigned int at = reinject->count;
    struct jn_flow_key *key = &reinject->key[reinject->keys];
    for (; i < end; i++, at++, key++) {
        enum look what = look_at_packet(worker, burst, i, &own);
        if (what < USUAL_IPV4)
            break;
        const uint8_t *inner = burst->data[i] + own.inner_at, *ip = inner + JN_ETHERNET_BYTES;
        if (__builtin_expect(own.owners != NULL, 0) &&
            (usual->owner = owner_of(own.owners, inner, burst->length[i] - own.inner_at)) != worker->index)
            break;
        if (__builtin_expect(own.source != counted, 0)) {
            count(worker, counted, i - first, bytes);
            counted = own.source;
            first = i;
            bytes = 0;
        }
        uint32_t ip_length = jn_be16(ip + 2);
        if (__builtin_expect(what == USUAL_IPV4, 1)) {
            make_key_ipv4(table, ip, own.vpg_and_vlan, key);
        } else {
            ip_length = jn_ip_length(ip);
            make_key_ipv6(table, inner, JN_ETHERNET_BYTES + ip_length, own.source->vnet->vpg_idx, &reinject->packet[at],
                          key);
        }
        __builtin_prefetch(&table->buckets[jn_flow_first_bucket(table, key->hash)]);
        key->packet = &reinject->packet[at];
        key->at = (uint8_t)at;
        reinject->mbuf[at] = burst->mbuf[i];
        reinject->vnet[at] = own.source->vnet;
        reinject->inner_at[at] = (uint16_t)own.inner_at;
        reinject->ip_length[at] = (uint16_t)ip_length;
        bytes += ip_length;
    }
    count(worker, counted, i - first, bytes);
    reinject->keys += at - reinject->count;
    reinject->count = at;
    own.owner = usual->owner;
    *usual = own;
    return i;
}
