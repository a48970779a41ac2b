// SPDX-License-Identifier: BSD-3-Clause
#include "underlay/underlay_input.h"

#include "packet/parse.h"
#include "underlay/underlay_arp.h"
#include "underlay/underlay_frame.h"
#include "underlay/underlay_icmp.h"
#include "underlay/underlay_nd.h"

// Point at the ICMP message. False: it has extension headers, is a fragment, or is not whole in this frame.
static bool
find_icmp(struct underlay_frame *f) {
    const struct jn_packet *p = f->packet;
    const uint8_t *ip = f->data + f->l3;
    uint32_t header = jn_ip_header_length(ip), announced = jn_ip_length(ip);
    if (p->l4_offset != f->l3 + header || (p->flags & JN_PACKET_FRAGMENT) || announced < header + JN_ICMP_BYTES ||
        announced > f->length - f->l3)
        return false;
    f->icmp = ip + header;
    f->icmp_length = announced - header;
    return true;
}

// Of a fragment it shows once it is whole again. A later one of IPv6 may name another header than the first, which comes
// before UDP there (RFC 8200 section 4.5).
static bool
may_be_vxlan(const struct jn_packet *p) {
    const uint32_t later6 = JN_PACKET_IPV6 | JN_PACKET_LATER_FRAGMENT;
    if (p->protocol == JN_IP_UDP)
        return (p->flags & JN_PACKET_FRAGMENT) || ((p->flags & JN_PACKET_PORTS) && p->port[1] == JN_VXLAN_PORT);
    return (p->flags & later6) == later6 && jn_ip_is_extension(p->protocol);
}

static enum jn_underlay_outcome
to_own_address(struct jn_underlay *u, struct underlay_frame *f, uint8_t family) {
    const struct jn_packet *p = f->packet;
    if (p->exceptions != 0)
        return ignore(f, &u->counters->ignored_malformed);
    const uint8_t *ip = f->data + f->l3;
    if (family == 4 && jn_checksum(ip, jn_ip_header_length(ip)) != 0)
        return ignore(f, &u->counters->ignored_malformed);
    if (p->protocol == JN_IP_GRE || may_be_vxlan(p))
        return JN_UNDERLAY_TUNNEL;
    if (p->protocol != jn_icmp_protocol(family) || !find_icmp(f))
        return ignore(f, &u->counters->ignored_other);
    if (jn_packet_is_nd(p))
        return jn_underlay_nd(u, f);
    if (jn_checksum_icmp(family, p->address[0], p->address[1], f->icmp, f->icmp_length) != 0)
        return ignore(f, &u->counters->ignored_malformed);
    return jn_underlay_icmp(u, f);
}

// Neighbour discovery by multicast. Only a port with an own IPv6 address has a part in it.
static enum jn_underlay_outcome
to_group(struct jn_underlay *u, struct underlay_frame *f) {
    if (!jn_packet_is_nd(f->packet) || own_subnet(u, f->port, f->vlan_id, 6, NULL) == NULL)
        return JN_UNDERLAY_NOT_OURS;
    if (f->packet->exceptions != 0 || !find_icmp(f))
        return ignore(f, &u->counters->ignored_malformed);
    return jn_underlay_nd(u, f);
}

static enum jn_underlay_outcome
ip_input(struct jn_underlay *u, struct underlay_frame *f, uint8_t family) {
    const struct jn_packet *p = f->packet;
    if (!(p->flags & JN_PACKET_IP) || p->l3_offset != f->l3 || jn_packet_family(p) != family)
        return JN_UNDERLAY_NOT_OURS;
    if (f->group)
        return family == 6 ? to_group(u, f) : JN_UNDERLAY_NOT_OURS;
    // A unicast packet to our MAC but to another's IP address is not checked here.
    if (own_address(u, f, family, p->address[1]) == NULL)
        return JN_UNDERLAY_NOT_OURS;
    if (!is_others_mac(u, f, f->data + 6))
        return ignore(f, &u->counters->ignored_foreign);
    return to_own_address(u, f, family);
}

enum jn_underlay_outcome
jn_underlay_input(struct jn_underlay *u, uint16_t port, const uint8_t *frame, uint32_t length,
                  const struct jn_packet *parsed, uint64_t now_ns, struct jn_underlay_result *result) {
    if (port >= JN_MAX_PORTS || length < 14)
        return JN_UNDERLAY_NOT_OURS;
    struct underlay_frame f = {.data = frame,
                               .length = length,
                               .l3 = 14,
                               .port = port,
                               .vlan_id = JN_VLAN_ID_NONE,
                               .group = frame[0] & 1,
                               .now_ns = now_ns,
                               .packet = parsed,
                               .result = result};
    if (!f.group && memcmp(frame, u->port[port].mac, 6) != 0)
        return JN_UNDERLAY_NOT_OURS;
    uint16_t type = jn_be16(frame + 12);
    if (type == JN_ETHER_VLAN) {
        if (length < 18)
            return JN_UNDERLAY_NOT_OURS;
        uint16_t id = jn_be16(frame + 14) & 0x0fffu;
        f.vlan_id = id == 0 ? JN_VLAN_ID_NONE : id; // IEEE 802.1Q 6.9: ID 0 carries a priority only
        f.l3 = 18;
        type = jn_be16(frame + 16);
    }
    if (type == JN_ETHER_ARP)
        return jn_underlay_arp(u, &f);
    if (jn_family_of_type(type) == 0)
        return JN_UNDERLAY_NOT_OURS;
    struct jn_packet own;
    if (parsed == NULL) {
        jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &own);
        f.packet = &own;
    }
    return ip_input(u, &f, jn_family_of_type(type));
}
