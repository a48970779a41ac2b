// SPDX-License-Identifier: BSD-3-Clause
// Echo (RFC 792, RFC 4443), and what routers and peers say about the packets that we sent to peers.
#include "underlay/underlay_icmp.h"

#include "underlay/underlay_frame.h"

enum {
    LAST_CODE4 = 15,
    QUOTED = 8, // offset of the packet that an error quotes
    TTL = 64,
    ERRORS_A_SECOND = 200, // each is looked for among all peers, and anyone can send them
    ERRORS_AT_ONCE = 8,
};

// By the way it came: to the MAC that sent it. IPv4 options of the request are not repeated.
static enum jn_underlay_outcome
answer_echo(struct jn_underlay *u, struct underlay_frame *f, uint8_t family) {
    const struct jn_packet *p = f->packet;
    struct jn_underlay_result *result = f->result;
    uint32_t total = jn_ip_header_bytes(family) + f->icmp_length;
    if (total > u->port[f->port].mtu || jn_ethernet_bytes(f->vlan_id) + total > result->reply_room)
        return no_room(u, f);
    const uint8_t *source = p->address[1], *destination = p->address[0];
    jn_count(&u->counters->echo_requests, 1);
    if (!may_answer(u, f, JN_ANSWER_ECHO, family, destination))
        return JN_UNDERLAY_CONSUMED;
    uint8_t tos = (uint8_t)(p->dscp << 2);
    uint8_t *at =
        jn_put_ethernet(result->reply, f->data + 6, u->port[f->port].mac, f->vlan_id, jn_ether_type_of(family));
    uint8_t *message = jn_put_ip(at, family, tos, f->icmp_length, TTL, jn_icmp_protocol(family), source, destination);
    at = jn_put(message, f->icmp, f->icmp_length);
    jn_put_be16(jn_put_be16(message, (family == 6 ? JN_ICMP6_ECHO_REPLY : JN_ICMP_ECHO_REPLY) << 8), 0);
    jn_put_be16(message + 2, jn_checksum_icmp(family, source, destination, message, f->icmp_length));
    result->reply_length = (uint32_t)(at - result->reply);
    return JN_UNDERLAY_REPLY;
}

// Where the quoted packet was going, or NULL: it is none that a tunnel of this address sends.
static const uint8_t *
quoted_peer(const struct underlay_frame *f, uint8_t family) {
    const uint8_t *ip = f->icmp + QUOTED;
    uint32_t left = f->icmp_length - QUOTED, header = jn_ip_header_bytes(family);
    if (left < header || jn_ip_family(ip) != family)
        return NULL;
    header = jn_ip_header_length(ip);
    uint8_t protocol = jn_ip_protocol(ip);
    bool v6 = family == 6, first = v6 || (jn_be16(ip + 6) & JN_IPV4_OFFSET) == 0;
    if (v6 && protocol == JN_IP_FRAGMENT && left >= header + 8) {
        protocol = ip[header];
        first = (jn_be16(ip + header + 2) & 0xfff8u) == 0;
        header += 8;
    }
    const uint8_t *source = ip + jn_ip_source_at(ip), *destination = source + jn_address_bytes(family);
    if (header < JN_IPV4_BYTES || !jn_address_equal(family, source, f->packet->address[1]))
        return NULL;
    if (protocol == JN_IP_GRE)
        return destination;
    bool vxlan = protocol == JN_IP_UDP && first && left >= header + 4 && jn_be16(ip + header + 2) == JN_VXLAN_PORT;
    return vxlan ? destination : NULL;
}

static enum jn_underlay_outcome
take_icmp_error(struct jn_underlay *u, struct underlay_frame *f, uint8_t family, bool too_big) {
    const uint8_t *peer = quoted_peer(f, family);
    if (peer == NULL)
        return ignore(f, &u->counters->ignored_foreign);
    if (!jn_rate_take(&u->errors, ERRORS_A_SECOND, ERRORS_AT_ONCE, f->now_ns))
        return ignore(f, &u->counters->icmp_errors_limited);
    struct jn_underlay_result *result = f->result;
    result->kind = too_big ? JN_UNDERLAY_TOO_BIG : JN_UNDERLAY_UNREACHABLE;
    result->family = family;
    jn_address_copy(family, result->peer, peer);
    result->quoted = f->icmp + QUOTED;
    result->quoted_length = f->icmp_length - QUOTED;
    result->mtu = !too_big ? 0 : family == 6 ? jn_be32(f->icmp + 4) : jn_be16(f->icmp + 6); // RFC 1191 4, RFC 4443 3.2
    jn_count(&u->counters->icmp_errors, 1);
    return JN_UNDERLAY_ERROR;
}

enum jn_underlay_outcome
jn_underlay_icmp(struct jn_underlay *u, struct underlay_frame *f) {
    const struct jn_packet *p = f->packet;
    uint8_t family = jn_packet_family(p), type = f->icmp[0], code = f->icmp[1];
    const struct jn_underlay_address *near = own_subnet(u, f->port, f->vlan_id, family, p->address[0]);
    if (!jn_address_is_host(family, p->address[0]) || own_address(u, f, family, p->address[0]) != NULL ||
        (near != NULL && is_subnet_edge(near, p->address[0])))
        return ignore(f, &u->counters->ignored_foreign); // to answer would be to make noise for somebody else
    if (type == (family == 6 ? JN_ICMP6_ECHO : JN_ICMP_ECHO))
        return code == 0 ? answer_echo(u, f, family) : ignore(f, &u->counters->ignored_malformed);
    if (family == 6 && (type == JN_ICMP6_UNREACHABLE || type == JN_ICMP6_TOO_BIG))
        return take_icmp_error(u, f, 6, type == JN_ICMP6_TOO_BIG);
    if (family == 4 && type == JN_ICMP_UNREACHABLE && code <= LAST_CODE4)
        return take_icmp_error(u, f, 4, code == JN_ICMP_FRAGMENTATION_NEEDED);
    return ignore(f, &u->counters->ignored_other);
}
