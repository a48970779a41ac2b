// SPDX-License-Identifier: BSD-3-Clause
#include "tunnel/vxlan.h"

#include "contract.h"
#include "lists.h"
#include "packet/parse.h"
#include "packet/put_headers.h"

#define VXLAN_I_FLAG  0x08u
#define VXLAN_HEADERS (8u + 8u + 14u) // UDP, VXLAN, inner Ethernet
#define GOES_ON       JN_VXLAN_OUTCOMES

void
jn_vxlan_prepare(struct jn_vxlan *v, const struct jn_vxlan_settings *s) {
    static const uint8_t nobody[6];
    bool v6 = s->family == 6;
    jn_require((s->family == 4 || v6) && s->vni <= JN_MAX_VNI);
    uint32_t ip_bytes = jn_ip_header_bytes(s->family), link_bytes = jn_ethernet_bytes(s->vlan_tci);
    memset(v, 0, sizeof(*v));
    v->v6 = v6;
    v->length = (uint8_t)(link_bytes + ip_bytes + VXLAN_HEADERS);
    v->overhead = (uint16_t)(ip_bytes + VXLAN_HEADERS);
    uint32_t mtu = s->mtu < JN_LONGEST_IP_PACKET ? s->mtu : JN_LONGEST_IP_PACKET;
    v->inner_mtu = mtu > v->overhead ? (uint16_t)(mtu - v->overhead) : 0;
    // An IPv6 packet's length does not count its header.
    v->inner_whole = (uint16_t)(JN_LONGEST_IP_PACKET - VXLAN_HEADERS - (v6 ? 0 : ip_bytes));
    v->source_head = jn_be16(s->source_mac);
    v->inner_head = jn_be16(s->inner_mac);
    v->port_first = s->fixed_port ? JN_VXLAN_PORT : JN_VXLAN_FIRST_PORT;
    v->port_mask = s->fixed_port ? 0 : UINT16_MAX - JN_VXLAN_FIRST_PORT;
    v->inner_mac_sum = jn_checksum_sum(s->inner_mac, 6);

    uint8_t *at = v->header + JN_VXLAN_ROOM - v->length, *ip = at + link_bytes;
    at = jn_put_ethernet(at, nobody, s->source_mac, s->vlan_tci, jn_ether_type_of(s->family));
    uint8_t *udp = jn_put_ip_template(at, s->family, (uint8_t)(s->dscp << 2), s->ttl, JN_IP_UDP, s->source, s->peer);
    at = jn_put_be16(jn_put_be16(udp, 0), JN_VXLAN_PORT);
    at = jn_put_be16(jn_put_be16(at, 0), 0);
    at = jn_put_be16(jn_put_be16(at, VXLAN_I_FLAG << 8), 0);
    at = jn_put_be16(jn_put_be16(at, s->vni >> 8), s->vni << 8);
    jn_put_be16(jn_put(jn_put(at, nobody, 6), s->inner_mac, 6), 0);
    v->sum = v6 ? jn_checksum_add(jn_checksum_add(jn_checksum_sum(s->source, 16), jn_checksum_sum(s->peer, 16)),
                                  jn_checksum_add(jn_checksum_sum(udp, 16), JN_IP_UDP))
                : jn_checksum_sum(ip, JN_IPV4_BYTES);
}

bool
jn_vxlan_is_quoted(const struct jn_vxlan *v, const struct jn_quote *quote) {
    const uint8_t *udp = v->header + JN_VXLAN_ROOM - VXLAN_HEADERS, *quoted = quote->transport;
    bool whole = jn_ip_protocol(quote->ip) == JN_IP_UDP; // of a first fragment UDP says the length of the whole
    uint32_t length = jn_be16(quoted + 4);
    if (!jn_quote_has_header(quote, udp - jn_ip_header_bytes(jn_family(v->v6))) || jn_be16(quoted + 2) != JN_VXLAN_PORT)
        return false;
    if (jn_be16(quoted) < v->port_first || (jn_be16(quoted) - v->port_first) & ~v->port_mask)
        return false;
    if ((whole ? length != quote->payload : length < quote->payload) || (jn_be16(quoted + 6) == 0) == v->v6)
        return false;
    uint32_t held = quote->held - JN_UDP_BYTES, vxlan = held < 8 ? held : 8;
    return memcmp(quoted + JN_UDP_BYTES, udp + JN_UDP_BYTES, vxlan) == 0;
}

const char *
jn_vxlan_refusal_word(unsigned int outcome) {
    bool refusal = outcome >= JN_VXLAN_FIRST_REFUSAL && outcome < JN_VXLAN_OUTCOMES;
    return refusal ? jn_list_word(&jn_gate_drop_list, outcome - JN_VXLAN_FIRST_REFUSAL) : "unknown";
}

static bool
udp_sum_right(const uint8_t *udp, uint32_t udp_length, const struct jn_packet *outer) {
    uint32_t bytes = (uint32_t)jn_address_bytes(jn_packet_family(outer));
    uint16_t ends =
        jn_checksum_add(jn_checksum_sum(outer->address[0], bytes), jn_checksum_sum(outer->address[1], bytes));
    return jn_checksum_add(jn_checksum_add(ends, jn_checksum_add(JN_IP_UDP, udp_length)),
                           jn_checksum_sum(udp, udp_length)) == 0xffff;
}

// GOES_ON: nothing against it, and `inner` spans the UDP payload.
static enum jn_vxlan_outcome
check_udp(const struct jn_vxlan_expected *vnet, const uint8_t *frame, uint32_t length, const struct jn_packet *outer,
          struct jn_vxlan_inner *inner) {
    if (outer->flags & JN_PACKET_FRAGMENT)
        return JN_VXLAN_REFUSED_OUTER_FRAGMENT;
    uint32_t end = outer->l3_offset + outer->ip_length;
    if (!(outer->flags & JN_PACKET_PORTS) || end > length || outer->l4_offset + 8u > end)
        return JN_VXLAN_REFUSED_OUTER_LENGTH;
    const uint8_t *udp = frame + outer->l4_offset;
    uint32_t udp_length = jn_be16(udp + 4);
    if (udp_length < 8 || udp_length > end - outer->l4_offset)
        return JN_VXLAN_REFUSED_OUTER_LENGTH;
    if (jn_be16(udp + 6) == 0) {
        if ((outer->flags & JN_PACKET_IPV6) && !vnet->zero_checksum_ipv6)
            return JN_VXLAN_REFUSED_NO_CHECKSUM;
    } else if (!udp_sum_right(udp, udp_length, outer))
        return JN_VXLAN_REFUSED_CHECKSUM;
    inner->offset = outer->l4_offset + 8u;
    inner->length = udp_length - 8;
    return GOES_ON;
}

static enum jn_vxlan_outcome
check_vxlan(const struct jn_vxlan_expected *vnet, const uint8_t *frame, struct jn_vxlan_inner *inner) {
    const uint8_t *header = frame + inner->offset;
    if (inner->length < 8)
        return JN_VXLAN_REFUSED_TRUNCATED;
    if (!(header[0] & VXLAN_I_FLAG))
        return JN_VXLAN_REFUSED_FLAGS;
    if (jn_be32(header + 4) >> 8 != vnet->vni)
        return JN_VXLAN_REFUSED_VNI;
    inner->offset += 8;
    inner->length -= 8;
    return GOES_ON;
}

static enum jn_vxlan_outcome
check_macs(const struct jn_vxlan_expected *vnet, const uint8_t *frame, struct jn_vxlan_inner *inner) {
    static const uint8_t zero[6];
    if (inner->length < 14)
        return JN_VXLAN_REFUSED_INNER_TRUNCATED;
    inner->group = frame[0] & 1;
    if (!inner->group && memcmp(frame, vnet->mac, 6) != 0)
        return JN_VXLAN_REFUSED_INNER_DESTINATION;
    if (memcmp(frame + 6, vnet->mac, 6) == 0)
        return JN_VXLAN_REFUSED_INNER_OWN_SOURCE;
    if ((frame[6] & 1) || memcmp(frame + 6, zero, 6) == 0)
        return JN_VXLAN_REFUSED_INNER_SOURCE;
    return GOES_ON;
}

static enum jn_vxlan_outcome
check_ip(const uint8_t *frame, struct jn_vxlan_inner *inner) {
    static const uint32_t unsound = 1u << JN_EXCEPTION_IP_BAD_VERSION | 1u << JN_EXCEPTION_IP_TRUNCATED |
                                    1u << JN_EXCEPTION_IP_BAD_IHL | 1u << JN_EXCEPTION_IP_BAD_LENGTH;
    struct jn_packet *p = &inner->packet;
    jn_parse_frames(&frame, &inner->length, &inner->length, JN_LINKTYPE_ETHERNET, p, 1);
    if (!(p->flags & JN_PACKET_IP) || (p->exceptions & unsound))
        return JN_VXLAN_REFUSED_INNER_IP;
    const uint8_t *ip = frame + 14;
    // The parser takes the frame's word for it where a length field is 0, which nobody sends through a tunnel.
    if (p->ip_length != jn_ip_length(ip))
        return JN_VXLAN_REFUSED_INNER_IP;
    if (!(p->flags & JN_PACKET_IPV6) && jn_checksum_sum(ip, jn_ip_header_length(ip)) != 0xffff)
        return JN_VXLAN_REFUSED_INNER_CHECKSUM;
    if (jn_packet_is_nd(p) && !(p->flags & JN_PACKET_FRAGMENT))
        return JN_VXLAN_ND;
    return inner->group ? JN_VXLAN_REFUSED_INNER_GROUP : JN_VXLAN_PACKET;
}

static enum jn_vxlan_outcome
check_type(const uint8_t *frame, struct jn_vxlan_inner *inner) {
    switch (jn_be16(frame + 12)) {
    case JN_ETHER_ARP: return JN_VXLAN_ARP;
    case JN_ETHER_IPV4:
    case JN_ETHER_IPV6: return check_ip(frame, inner);
    case JN_ETHER_VLAN:
    case JN_ETHER_QINQ:
    case JN_ETHER_QINQ_OLD: return JN_VXLAN_REFUSED_INNER_TAGGED; // RFC 7348 section 6.1
    default: return JN_VXLAN_REFUSED_INNER_TYPE;
    }
}

enum jn_vxlan_outcome
jn_vxlan_parse(const struct jn_vxlan_expected *vnet, const uint8_t *frame, uint32_t length,
               const struct jn_packet *outer, struct jn_vxlan_inner *inner) {
    enum jn_vxlan_outcome outcome = check_udp(vnet, frame, length, outer, inner);
    if (outcome != GOES_ON)
        return outcome;
    outcome = check_vxlan(vnet, frame, inner);
    if (outcome != GOES_ON)
        return outcome;
    outcome = check_macs(vnet, frame + inner->offset, inner);
    return outcome != GOES_ON ? outcome : check_type(frame + inner->offset, inner);
}
