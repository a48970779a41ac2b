// SPDX-License-Identifier: BSD-3-Clause
// Who may be told that a packet is too long, and how.
#include "too_big.h"

#include "underlay_frame.h"

enum {
    UNREACHABLE = 3,
    FRAGMENTATION_NEEDED = 4,
    PACKET_TOO_BIG = 2,
    REDIRECT6 = 137,
    FIRST_INFORMATIONAL6 = 128,
    ICMP_HEADER = 8,
    LONGEST_ANSWER = 576,
    LEAST_MTU = 68,
    LEAST_MTU6 = 1280,
    DO_NOT_FRAGMENT = 0x4000,
    TOS_INTERNET_CONTROL = 0xc0, // RFC 1812 4.3.2.5
    TTL = 64,
    ETHER_QINQ = 0x88a8,
    ETHER_QINQ_OLD = 0x9100,
    LONGEST_LINK_HEADER = JN_TOO_BIG_MAX - LEAST_MTU6,
};

// Only Ethernet and tags can be sent back as they are: other link headers know lengths.
static bool
is_plain_link(const uint8_t *frame, uint32_t l3) {
    uint32_t at = 12;
    for (; at + 2 < l3; at += 4) {
        uint16_t type = be16(frame + at);
        if (type != ETHER_VLAN && type != ETHER_QINQ && type != ETHER_QINQ_OLD)
            return false;
    }
    return at + 2 == l3 && l3 <= LONGEST_LINK_HEADER;
}

// RFC 1122 3.2.2: never about an error. Only what is known to be a query or its answer is none.
static bool
is_icmp_error(const struct jn_packet *p) {
    if (p->flags & JN_PACKET_IPV6)
        return p->protocol == IP_ICMPV6 &&
               (!(p->flags & JN_PACKET_PORTS) || p->port[0] < FIRST_INFORMATIONAL6 || p->port[0] == REDIRECT6);
    return p->protocol == IP_ICMP && (!(p->flags & JN_PACKET_PORTS) || (p->flags & JN_PACKET_ONE_WAY));
}

static bool
may_answer(const uint8_t *frame, uint32_t length, const struct jn_packet *p, uint32_t mtu) {
    bool v6 = p->flags & JN_PACKET_IPV6;
    uint8_t family = v6 ? 6 : 4;
    if (!(p->flags & JN_PACKET_IP) || p->notices != 0 || (p->flags & JN_PACKET_LATER_FRAGMENT))
        return false;
    if (p->ip_length <= mtu || p->l3_offset + p->ip_length > length || !is_plain_link(frame, p->l3_offset))
        return false;
    if ((frame[0] & 1) || (frame[6] & 1) || !is_host(family, p->address[0]) || !is_host(family, p->address[1]))
        return false;
    if (is_icmp_error(p))
        return false;
    const uint8_t *ip = frame + p->l3_offset;
    if (v6)
        return p->ip_length > LEAST_MTU6;
    return mtu >= LEAST_MTU && (be16(ip + 6) & DO_NOT_FRAGMENT) &&
           fold(jn_underlay_sum(ip, (ip[0] & 15u) * 4u, 0)) == 0;
}

// The answer's IP header, and the place behind it. IPv4 identification 0 and DF: RFC 6864 section 4.1.
static uint8_t *
put_answer_ip(uint8_t *at, const struct jn_packet *p, const uint8_t *source, uint32_t message) {
    if (p->flags & JN_PACKET_IPV6)
        return put_ipv6(at, 0, message, TTL, source, p->address[0]);
    uint8_t *header = at;
    at = put_be16(put_be16(at, 0x4500 | TOS_INTERNET_CONTROL), 20 + message);
    at = put_be16(put_be16(at, 0), DO_NOT_FRAGMENT);
    at = put_be16(put_be16(at, TTL << 8 | IP_ICMP), 0);
    at = put(put(at, source, 4), p->address[0], 4);
    put_be16(header + 10, fold(jn_underlay_sum(header, 20, 0)));
    return at;
}

uint32_t
jn_too_big(const uint8_t *frame, uint32_t length, const struct jn_packet *p, const uint8_t *source, uint32_t mtu,
           uint8_t answer[JN_TOO_BIG_MAX]) {
    if (!may_answer(frame, length, p, mtu))
        return 0;
    bool v6 = p->flags & JN_PACKET_IPV6;
    uint32_t quote = v6 ? LEAST_MTU6 - 40 - ICMP_HEADER : LONGEST_ANSWER - 20 - ICMP_HEADER;
    if (quote > p->ip_length)
        quote = p->ip_length;
    uint8_t *at = put(put(answer, frame + 6, 6), frame, 6);
    at = put(at, frame + 12, p->l3_offset - 12u);
    uint8_t *message = put_answer_ip(at, p, source, ICMP_HEADER + quote);
    put_be16(put_be16(message, v6 ? PACKET_TOO_BIG << 8 : UNREACHABLE << 8 | FRAGMENTATION_NEEDED), 0);
    uint32_t told = v6 && mtu < LEAST_MTU6 ? LEAST_MTU6 : mtu;
    put_be16(put_be16(message + 4, told >> 16), told); // IPv4 has 16 bits for it
    put(message + ICMP_HEADER, frame + p->l3_offset, quote);
    put_be16(message + 2, v6 ? jn_underlay_sum6(source, p->address[0], message, ICMP_HEADER + quote)
                             : fold(jn_underlay_sum(message, ICMP_HEADER + quote, 0)));
    return (uint32_t)(message - answer) + ICMP_HEADER + quote;
}
