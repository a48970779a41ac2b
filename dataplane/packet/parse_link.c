// SPDX-License-Identifier: BSD-3-Clause
// Ethernet, LLC/SNAP, 802.1Q and 802.1ad tags, PPPoE sessions, MPLS labels; and what else captures begin with: Linux cooked
// headers, BSD loopback, PPP, HDLC, IP itself (https://www.tcpdump.org/linktypes.html).
#include "packet/parse_link.h"

#include <string.h>

#include "packet/ip.h"

enum { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057, PPP_MPLS = 0x0281, PPP_MPLS_MULTICAST = 0x0283 };
enum { PPP_ALL_STATIONS = 0xff, PPP_UNNUMBERED = 0x03, CISCO_UNICAST = 0x0f, CISCO_MULTICAST = 0x8f };
enum { MAX_TAGS = 4, MAX_LABELS = 8 };

static bool
refuse_link(struct jn_packet *packet, enum jn_exception why) {
    add_exception(packet, why);
    return false;
}

// RFC 3032: labels up to the bottom of the stack; the payload's type is told by its first nibble alone.
static bool
parse_mpls(struct cursor *c, struct jn_packet *packet, unsigned int *version) {
    packet->flags |= JN_PACKET_MPLS;
    for (int label = 0; label < MAX_LABELS; label++) {
        if (!has(c, 4))
            return refuse_link(packet, JN_EXCEPTION_L2_TRUNCATED);
        bool bottom = here(c)[2] & 1;
        c->at += 4;
        if (!bottom)
            continue;
        if (!has(c, 1))
            return refuse_link(packet, JN_EXCEPTION_L2_TRUNCATED);
        *version = here(c)[0] >> 4;
        if (jn_is_family(*version))
            return true;
        return refuse_link(packet, JN_EXCEPTION_MPLS_NOT_IP);
    }
    return refuse_link(packet, JN_EXCEPTION_TAGS_TOO_DEEP);
}

// A PPP protocol, which may be compressed to one byte (RFC 1661, odd first byte).
static bool
parse_ppp_protocol(struct cursor *c, struct jn_packet *packet, unsigned int *version) {
    uint16_t protocol = has(c, 1) && (here(c)[0] & 1) ? here(c)[0] : 0;
    if (!has(c, protocol != 0 ? 1 : 2))
        return refuse_link(packet, JN_EXCEPTION_L2_TRUNCATED);
    c->at += protocol != 0 ? 1 : 2;
    if (protocol == 0)
        protocol = jn_be16(here(c) - 2);
    if (protocol == PPP_MPLS || protocol == PPP_MPLS_MULTICAST)
        return parse_mpls(c, packet, version);
    *version = protocol == PPP_IPV4 ? 4 : protocol == PPP_IPV6 ? 6 : 0;
    return *version != 0 || refuse_link(packet, JN_EXCEPTION_NON_IP);
}

// RFC 2516: six bytes of PPPoE before PPP.
static bool
parse_pppoe(struct cursor *c, struct jn_packet *packet, unsigned int *version) {
    packet->flags |= JN_PACKET_PPPOE;
    if (!has(c, 8))
        return refuse_link(packet, JN_EXCEPTION_L2_TRUNCATED);
    c->at += 6;
    return parse_ppp_protocol(c, packet, version);
}

static bool
parse_type(struct cursor *c, uint16_t type, struct jn_packet *packet, unsigned int *version) {
    for (int tags = 0; type == JN_ETHER_VLAN || type == JN_ETHER_QINQ || type == JN_ETHER_QINQ_OLD; tags++) {
        if (tags == MAX_TAGS)
            return refuse_link(packet, JN_EXCEPTION_TAGS_TOO_DEEP);
        if (!has(c, 4))
            return refuse_link(packet, JN_EXCEPTION_L2_TRUNCATED);
        if (packet->vlan_tci == JN_VLAN_TCI_NONE)
            packet->vlan_tci = jn_vlan_tci(jn_be16(here(c)));
        packet->flags |= JN_PACKET_VLAN;
        type = jn_be16(here(c) + 2);
        c->at += 4;
    }
    static const uint8_t snap[6] = {0xaa, 0xaa, 0x03, 0, 0, 0};
    if (type < JN_ETHER_FIRST_TYPE && has(c, 8) && memcmp(here(c), snap, sizeof(snap)) == 0) {
        type = jn_be16(here(c) + 6);
        c->at += 8;
    }
    if (type == JN_ETHER_MPLS || type == JN_ETHER_MPLS_MULTICAST)
        return parse_mpls(c, packet, version);
    if (type == JN_ETHER_PPPOE_SESSION)
        return parse_pppoe(c, packet, version);
    *version = jn_family_of_type(type);
    return *version != 0 || refuse_link(packet, JN_EXCEPTION_NON_IP);
}

// A header of so many bytes with an EtherType at that place.
static bool
parse_header(struct cursor *c, uint32_t bytes, uint32_t type_at, struct jn_packet *packet, unsigned int *version) {
    if (!has(c, bytes))
        return refuse_link(packet, JN_EXCEPTION_L2_TRUNCATED);
    uint16_t type = jn_be16(here(c) + type_at);
    c->at += bytes;
    return parse_type(c, type, packet, version);
}

// RFC 1662: address and control come first, unless they are left out. Cisco's HDLC has an address of its own.
static bool
parse_ppp(struct cursor *c, struct jn_packet *packet, unsigned int *version) {
    if (has(c, 2) && here(c)[0] == PPP_ALL_STATIONS && here(c)[1] == PPP_UNNUMBERED)
        c->at += 2;
    else if (has(c, 1) && (here(c)[0] == CISCO_UNICAST || here(c)[0] == CISCO_MULTICAST))
        return parse_header(c, 4, 2, packet, version);
    return parse_ppp_protocol(c, packet, version);
}

// A byte of direction is before PPP, or stands for the address.
static bool
parse_ppp_direction(struct cursor *c, struct jn_packet *packet, unsigned int *version) {
    if (!has(c, 2))
        return refuse_link(packet, JN_EXCEPTION_L2_TRUNCATED);
    c->at += here(c)[1] == PPP_UNNUMBERED ? 2 : 1;
    return parse_ppp(c, packet, version);
}

// An address family, as the capturing system numbers it, in its own byte order. Some write an EtherType.
static bool
parse_loopback(struct cursor *c, struct jn_packet *packet, unsigned int *version) {
    if (!has(c, 4))
        return refuse_link(packet, JN_EXCEPTION_L2_TRUNCATED);
    uint32_t family = jn_be32(here(c));
    if (family > UINT16_MAX)
        family = __builtin_bswap32(family);
    c->at += 4;
    switch (family) {
    case 2: *version = 4; return true;
    case 10: // Linux
    case 23: // Windows
    case 24: // NetBSD, OpenBSD
    case 28: // FreeBSD
    case 30: // macOS
        *version = 6;
        return true;
    }
    if (family >= JN_ETHER_FIRST_TYPE && family <= UINT16_MAX)
        return parse_type(c, (uint16_t)family, packet, version);
    return refuse_link(packet, JN_EXCEPTION_NON_IP);
}

static bool
parse_raw(const struct cursor *c, unsigned int announced, struct jn_packet *packet, unsigned int *version) {
    if (!has(c, 1))
        return refuse_link(packet, JN_EXCEPTION_L2_TRUNCATED);
    *version = announced != 0 ? announced : here(c)[0] >> 4;
    return true;
}

bool
jn_parse_link(struct cursor *c, enum jn_link_type link_type, struct jn_packet *packet, unsigned int *version) {
    if (__builtin_expect(link_type == JN_LINKTYPE_ETHERNET, 1))
        return parse_header(c, JN_ETHERNET_BYTES, 12, packet, version);
    switch (link_type) {
    case JN_LINKTYPE_ETHERNET: break;
    case JN_LINKTYPE_COOKED_V1: return parse_header(c, 16, 14, packet, version);
    case JN_LINKTYPE_COOKED_V2: return parse_header(c, 20, 0, packet, version);
    case JN_LINKTYPE_CISCO_HDLC: return parse_header(c, 4, 2, packet, version);
    case JN_LINKTYPE_BSD_LOOPBACK:
    case JN_LINKTYPE_OPENBSD_LOOPBACK: return parse_loopback(c, packet, version);
    case JN_LINKTYPE_PPP:
    case JN_LINKTYPE_PPP_HDLC: return parse_ppp(c, packet, version);
    case JN_LINKTYPE_PPP_PPPD:
    case JN_LINKTYPE_PPP_DIRECTION: return parse_ppp_direction(c, packet, version);
    case JN_LINKTYPE_PPPOE: return parse_pppoe(c, packet, version);
    case JN_LINKTYPE_RAW_IP:
    case JN_LINKTYPE_RAW_IP_12:
    case JN_LINKTYPE_RAW_IP_14: return parse_raw(c, 0, packet, version);
    case JN_LINKTYPE_IPV4: return parse_raw(c, 4, packet, version);
    case JN_LINKTYPE_IPV6: return parse_raw(c, 6, packet, version);
    }
    return refuse_link(packet, JN_EXCEPTION_NON_IP);
}
