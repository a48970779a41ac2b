// SPDX-License-Identifier: BSD-3-Clause
// Echo (RFC 792, RFC 4443), and what routers and peers say about the packets that we sent to peers.
#include "underlay_frame.h"

enum {
    ECHO_REPLY4 = 0,
    UNREACHABLE4 = 3,
    ECHO4 = 8,
    TOO_BIG4_CODE = 4,
    LAST_CODE4 = 15,
    UNREACHABLE6 = 1,
    TOO_BIG6 = 2,
    ECHO6 = 128,
    ECHO_REPLY6 = 129,
    QUOTED = 8, // offset of the packet that an error quotes
    FRAGMENT_HEADER = 44,
    TTL = 64,
};

static uint8_t *
put_ipv4(uint8_t *at, uint8_t tos, uint32_t total, const uint8_t source[4], const uint8_t destination[4]) {
    uint8_t *header = at;
    at = put_be16(put_be16(at, 0x4500u | tos), total);
    at = put_be16(put_be16(at, 0), 0x4000); // never fragmented, so it needs no identification (RFC 6864 4.1)
    at = put_be16(put_be16(at, TTL << 8 | IP_ICMP), 0);
    at = put(put(at, source, 4), destination, 4);
    put_be16(header + 10, fold(jn_underlay_sum(header, 20, 0)));
    return at;
}

// By the way it came: to the MAC that sent it. IPv4 options of the request are not repeated.
static enum jn_underlay_outcome
echo(struct jn_underlay *u, struct underlay_frame *f, bool v6) {
    const struct jn_packet *p = f->packet;
    struct jn_underlay_result *result = f->result;
    uint32_t total = (v6 ? 40 : 20) + f->icmp_length;
    if (total > u->port[f->port].mtu || ethernet_bytes(f->vlan) + total > result->reply_room)
        return ignore(f, &u->counters->ignored_other);
    const uint8_t *source = p->address[1], *destination = p->address[0];
    uint8_t tos = (uint8_t)(p->dscp << 2);
    uint8_t *at = put_ethernet(result->reply, f->data + 6, u->port[f->port].mac, f->vlan, v6 ? ETHER_IPV6 : ETHER_IPV4);
    uint8_t *message = v6 ? put_ipv6(at, tos, f->icmp_length, TTL, source, destination)
                          : put_ipv4(at, tos, total, source, destination);
    at = put(message, f->icmp, f->icmp_length);
    put_be16(put_be16(message, (v6 ? ECHO_REPLY6 : ECHO_REPLY4) << 8), 0);
    put_be16(message + 2, v6 ? jn_underlay_sum6(source, destination, message, f->icmp_length)
                             : fold(jn_underlay_sum(message, f->icmp_length, 0)));
    result->reply_length = (uint32_t)(at - result->reply);
    count(&u->counters->echo_requests);
    return JN_UNDERLAY_REPLY;
}

// Where the quoted packet was going, or NULL: it is none that a tunnel of this address sends.
static const uint8_t *
quoted_peer(const struct underlay_frame *f, bool v6) {
    const uint8_t *ip = f->icmp + QUOTED;
    uint32_t left = f->icmp_length - QUOTED, header = v6 ? 40 : 20;
    if (left < header || ip[0] >> 4 != (v6 ? 6 : 4))
        return NULL;
    if (!v6)
        header = (ip[0] & 15u) * 4u;
    uint8_t protocol = v6 ? ip[6] : ip[9];
    bool first = v6 || (be16(ip + 6) & 0x1fffu) == 0;
    if (v6 && protocol == FRAGMENT_HEADER && left >= header + 8) {
        protocol = ip[header];
        first = (be16(ip + header + 2) & 0xfff8u) == 0;
        header += 8;
    }
    const uint8_t *source = v6 ? ip + 8 : ip + 12, *destination = v6 ? ip + 24 : ip + 16;
    if (header < 20 || !same_address(v6 ? 6 : 4, source, f->packet->address[1]))
        return NULL;
    if (protocol == IP_GRE)
        return destination;
    bool vxlan = protocol == IP_UDP && first && left >= header + 4 && be16(ip + header + 2) == JN_UNDERLAY_VXLAN_PORT;
    return vxlan ? destination : NULL;
}

static enum jn_underlay_outcome
error(struct jn_underlay *u, struct underlay_frame *f, bool v6, bool too_big) {
    const uint8_t *peer = quoted_peer(f, v6);
    if (peer == NULL)
        return ignore(f, &u->counters->ignored_foreign);
    struct jn_underlay_result *result = f->result;
    result->kind = too_big ? JN_UNDERLAY_TOO_BIG : JN_UNDERLAY_UNREACHABLE;
    result->family = v6 ? 6 : 4;
    memset(result->peer, 0, sizeof(result->peer));
    memcpy(result->peer, peer, address_bytes(result->family));
    result->mtu = !too_big ? 0 : v6 ? be32(f->icmp + 4) : be16(f->icmp + 6); // RFC 1191 4, RFC 4443 3.2
    count(&u->counters->icmp_errors);
    return JN_UNDERLAY_ERROR;
}

enum jn_underlay_outcome
jn_underlay_icmp(struct jn_underlay *u, struct underlay_frame *f) {
    const struct jn_packet *p = f->packet;
    bool v6 = p->flags & JN_PACKET_IPV6;
    uint8_t family = v6 ? 6 : 4, type = f->icmp[0], code = f->icmp[1];
    const struct jn_underlay_address *near = own_subnet(u, f->port, f->vlan, family, p->address[0]);
    if (!is_host(family, p->address[0]) || own_address(u, f, family, p->address[0]) != NULL ||
        (near != NULL && is_subnet_edge(near, p->address[0])))
        return ignore(f, &u->counters->ignored_foreign); // to answer would be to make noise for somebody else
    if (type == (v6 ? ECHO6 : ECHO4))
        return code == 0 ? echo(u, f, v6) : ignore(f, &u->counters->ignored_malformed);
    if (v6 && (type == UNREACHABLE6 || type == TOO_BIG6))
        return error(u, f, true, type == TOO_BIG6);
    if (!v6 && type == UNREACHABLE4 && code <= LAST_CODE4)
        return error(u, f, false, code == TOO_BIG4_CODE);
    return ignore(f, &u->counters->ignored_other);
}
