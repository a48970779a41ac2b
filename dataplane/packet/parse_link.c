// SPDX-License-Identifier: BSD-3-Clause
// Ethernet, LLC/SNAP, 802.1Q and 802.1ad tags, PPPoE sessions, MPLS labels, Linux cooked headers.
#include "packet/parse_link.h"

#include <string.h>

#include "packet/ip.h"

enum { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057, MAX_TAGS = 4, MAX_LABELS = 8 };

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

// RFC 2516: six bytes of PPPoE and two of PPP; a PPP protocol may be compressed to one byte (RFC 1661, odd first byte).
static bool
parse_pppoe(struct cursor *c, struct jn_packet *packet, unsigned int *version) {
    packet->flags |= JN_PACKET_PPPOE;
    if (!has(c, 8))
        return refuse_link(packet, JN_EXCEPTION_L2_TRUNCATED);
    uint16_t protocol = jn_be16(here(c) + 6);
    c->at += 8;
    if (protocol >> 8 & 1) {
        protocol >>= 8;
        c->at -= 1;
    }
    *version = protocol == PPP_IPV4 ? 4 : protocol == PPP_IPV6 ? 6 : 0;
    return *version != 0 || refuse_link(packet, JN_EXCEPTION_NON_IP);
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

bool
jn_parse_link(struct cursor *c, enum jn_link_type link_type, struct jn_packet *packet, unsigned int *version) {
    static const struct {
        enum jn_link_type link_type;
        uint8_t header, type_at;
    } link_types[] = {
        {JN_LINKTYPE_ETHERNET, JN_ETHERNET_BYTES, 12},
        {JN_LINKTYPE_COOKED_V1, 16, 14},
        {JN_LINKTYPE_COOKED_V2, 20, 0},
    };
    if (link_type == JN_LINKTYPE_RAW_IP) {
        *version = has(c, 1) ? here(c)[0] >> 4 : 0;
        return has(c, 1) || refuse_link(packet, JN_EXCEPTION_L2_TRUNCATED);
    }
    for (unsigned int i = 0; i < sizeof(link_types) / sizeof(link_types[0]); i++) {
        if (link_types[i].link_type != link_type)
            continue;
        if (!has(c, link_types[i].header))
            return refuse_link(packet, JN_EXCEPTION_L2_TRUNCATED);
        uint16_t type = jn_be16(c->data + link_types[i].type_at);
        c->at = link_types[i].header;
        return parse_type(c, type, packet, version);
    }
    return refuse_link(packet, JN_EXCEPTION_NON_IP);
}
