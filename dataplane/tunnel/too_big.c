// SPDX-License-Identifier: BSD-3-Clause
#include "tunnel/too_big.h"

#include "address.h"
#include "packet/put_headers.h"

enum {
    LONGEST_ANSWER = 576,
    LEAST_MTU = 68,
    TOS_INTERNET_CONTROL = 0xc0, // RFC 1812 4.3.2.5
    TTL = 64,
    LONGEST_LINK_HEADER = JN_TOO_BIG_MAX - JN_LEAST_MTU6,
};

// Only Ethernet and tags can be sent back as they are: other link headers know lengths.
static bool
is_plain_link(const uint8_t *frame, uint32_t l3) {
    uint32_t at = 12;
    for (; at + 2 < l3; at += 4) {
        uint16_t type = jn_be16(frame + at);
        if (type != JN_ETHER_VLAN && type != JN_ETHER_QINQ && type != JN_ETHER_QINQ_OLD)
            return false;
    }
    return at + 2 == l3 && l3 <= LONGEST_LINK_HEADER;
}

// RFC 1122 3.2.2: never about an error. Only what is known to be a query or its answer is none.
static bool
is_icmp_error(const struct jn_packet *p) {
    if (p->flags & JN_PACKET_IPV6)
        return p->protocol == JN_IP_ICMPV6 &&
               (!(p->flags & JN_PACKET_PORTS) || p->port[0] < JN_ICMP6_FIRST_INFORMATIONAL ||
                p->port[0] == JN_ICMP6_REDIRECT);
    return p->protocol == JN_IP_ICMP && (!(p->flags & JN_PACKET_PORTS) || (p->flags & JN_PACKET_ONE_WAY));
}

static bool
may_answer(const uint8_t *frame, uint32_t length, const struct jn_packet *p, uint32_t mtu) {
    uint8_t family = jn_packet_family(p);
    if (!(p->flags & JN_PACKET_IP) || p->exceptions != 0 || (p->flags & JN_PACKET_LATER_FRAGMENT))
        return false;
    if (p->ip_length <= mtu || p->l3_offset + p->ip_length > length || !is_plain_link(frame, p->l3_offset))
        return false;
    if ((frame[0] & 1) || (frame[6] & 1) || !jn_address_is_host(family, p->address[0]) ||
        !jn_address_is_host(family, p->address[1]))
        return false;
    if (is_icmp_error(p))
        return false;
    const uint8_t *ip = frame + p->l3_offset;
    if (family == 6)
        return p->ip_length > JN_LEAST_MTU6;
    return mtu >= LEAST_MTU && (jn_be16(ip + 6) & JN_IPV4_DF) && jn_checksum(ip, jn_ip_header_length(ip)) == 0;
}

uint32_t
jn_too_big(const uint8_t *frame, uint32_t length, const struct jn_packet *p, const uint8_t *source, uint32_t mtu,
           uint8_t answer[JN_TOO_BIG_MAX]) {
    if (!may_answer(frame, length, p, mtu))
        return 0;
    uint8_t family = jn_packet_family(p), tos = family == 6 ? 0 : TOS_INTERNET_CONTROL;
    uint32_t longest = family == 6 ? JN_LEAST_MTU6 : LONGEST_ANSWER;
    uint32_t quote = longest - jn_ip_header_bytes(family) - JN_ICMP_BYTES;
    if (quote > p->ip_length)
        quote = p->ip_length;
    uint8_t *at = jn_put(jn_put(answer, frame + 6, 6), frame, 6);
    at = jn_put(at, frame + 12, p->l3_offset - 12u);
    uint8_t *message =
        jn_put_ip(at, family, tos, JN_ICMP_BYTES + quote, TTL, jn_icmp_protocol(family), source, p->address[0]);
    jn_put_be16(jn_put_be16(message, family == 6 ? JN_ICMP6_TOO_BIG << 8
                                                 : JN_ICMP_UNREACHABLE << 8 | JN_ICMP_FRAGMENTATION_NEEDED),
                0);
    uint32_t told = family == 6 && mtu < JN_LEAST_MTU6 ? JN_LEAST_MTU6 : mtu;
    jn_put_be16(jn_put_be16(message + 4, told >> 16), told); // IPv4 has 16 bits for it
    jn_put(message + JN_ICMP_BYTES, frame + p->l3_offset, quote);
    jn_put_be16(message + 2, jn_checksum_icmp(family, source, p->address[0], message, JN_ICMP_BYTES + quote));
    return (uint32_t)(message - answer) + JN_ICMP_BYTES + quote;
}
