// SPDX-License-Identifier: BSD-3-Clause
// Inside the parser: the bulk of traffic. Ethernet, at most one 802.1Q tag, IPv4 without options or IPv6 without extension
// headers, no fragment, TCP or UDP, nothing to notice. What it says is what jn_parse_frame says: the fuzzer compares.
#pragma once

#include <emmintrin.h>

#include "packet/bytes.h"
#include "packet/packet.h"

// Bytes behind the IP header that are looked at, whatever is there: as far as the flags of TCP.
enum { JN_COMMON_L4_BYTES = 14 };

static inline uint16_t
jn_raw16(const uint8_t *p) {
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static inline uint32_t
jn_raw32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static inline uint64_t
jn_raw64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

_Static_assert(offsetof(struct jn_packet, exceptions) == 4 && offsetof(struct jn_packet, ip_length) == 8 &&
                   offsetof(struct jn_packet, l3_offset) == 12 && offsetof(struct jn_packet, l4_offset) == 14 &&
                   offsetof(struct jn_packet, vlan_tci) == 16 && offsetof(struct jn_packet, port) == 18 &&
                   offsetof(struct jn_packet, vlan_id) == 24 && offsetof(struct jn_packet, protocol) == 26 &&
                   offsetof(struct jn_packet, dscp) == 27 && offsetof(struct jn_packet, tcp_flags) == 28 &&
                   offsetof(struct jn_packet, address) == 32,
               "as jn_common_put has it");

// All but the addresses, as four words: a dozen narrow stores would cost twice the time. TCP or not is no branch: traffic has
// both. l4 and flags: as of UDP.
static inline void
jn_common_put(struct jn_packet *p, uint32_t flags, uint32_t ip_length, uint64_t l3, uint64_t l4_at, const uint8_t *l4,
              uint64_t vlan_tci, uint64_t protocol, uint64_t dscp) {
    uint32_t ports = be32toh(jn_raw32(l4));
    uint64_t tcp = protocol == JN_IP_TCP, tcp_flags = l4[13] & (0 - tcp);
    uint64_t kind = flags | tcp * JN_PACKET_TCP, where = ip_length | l3 << 32 | l4_at << 48,
             ends = vlan_tci | (uint64_t)(ports >> 16 | ports << 16) << 16,
             what = protocol << 16 | dscp << 24 | tcp_flags << 32;
    uint64_t *words = (uint64_t *)p;
    words[0] = kind;
    words[1] = where;
    words[2] = ends;
    words[3] = what;
}

// Is it TCP or UDP, and are its headers within what the IP header says?
static inline bool
jn_common_transport(uint32_t protocol, uint32_t payload) {
    return protocol == JN_IP_TCP ? payload >= JN_COMMON_L4_BYTES : protocol == JN_IP_UDP && payload >= JN_UDP_BYTES;
}

static inline bool
jn_common_ipv4(const uint8_t *ip, uint32_t l3, uint32_t flags, uint16_t vlan_tci, uint32_t wire_left,
               struct jn_packet *p) {
    // Version and header length; no fragment.
    const uint64_t looked_at = UINT64_C(0xff) | (uint64_t)htobe16(JN_IPV4_MF | JN_IPV4_OFFSET) << 48;
    uint32_t ip_length = jn_be16(ip + 2), protocol = ip[9];
    if ((jn_raw64(ip) & looked_at) != 0x45 || ip_length > wire_left || ip_length < JN_IPV4_BYTES ||
        !jn_common_transport(protocol, ip_length - JN_IPV4_BYTES))
        return false;
    jn_common_put(p, flags, ip_length, l3, l3 + JN_IPV4_BYTES, ip + JN_IPV4_BYTES, vlan_tci, protocol, ip[1] >> 2);
    _mm_store_si128((__m128i *)p->address[0], _mm_cvtsi32_si128((int)jn_raw32(ip + 12)));
    _mm_store_si128((__m128i *)p->address[1], _mm_cvtsi32_si128((int)jn_raw32(ip + 16)));
    return true;
}

static inline bool
jn_common_ipv6(const uint8_t *ip, uint32_t l3, uint32_t flags, uint16_t vlan_tci, uint32_t wire_left,
               struct jn_packet *p) {
    uint32_t payload = jn_be16(ip + 4), protocol = ip[6];
    if (ip[0] >> 4 != 6 || payload + JN_IPV6_BYTES > wire_left || !jn_common_transport(protocol, payload))
        return false;
    jn_common_put(p, flags | JN_PACKET_IPV6, payload + JN_IPV6_BYTES, l3, l3 + JN_IPV6_BYTES, ip + JN_IPV6_BYTES,
                  vlan_tci, protocol, jn_be16(ip) >> 6 & 63u);
    _mm_store_si128((__m128i *)p->address[0], _mm_loadu_si128((const __m128i *)(ip + 8)));
    _mm_store_si128((__m128i *)p->address[1], _mm_loadu_si128((const __m128i *)(ip + 24)));
    return true;
}

// False: not such a frame, nothing decided. What is short of a TCP header is none, either.
static inline bool
jn_parse_common(const uint8_t *d, uint32_t length, uint32_t wire_length, struct jn_packet *p) {
    const uint32_t flags = JN_PACKET_IP | JN_PACKET_PORTS, plain = JN_ETHERNET_BYTES,
                   tagged = JN_ETHERNET_BYTES + JN_VLAN_TAG_BYTES;
    if (length < tagged + JN_IPV4_BYTES + JN_COMMON_L4_BYTES || wire_length < length)
        return false;
    uint16_t type = jn_raw16(d + 12);
    if (__builtin_expect(type == htobe16(JN_ETHER_IPV4), 1))
        return jn_common_ipv4(d + plain, plain, flags, JN_VLAN_TCI_NONE, wire_length - plain, p);
    bool v6_fits = length >= tagged + JN_IPV6_BYTES + JN_COMMON_L4_BYTES;
    if (type == htobe16(JN_ETHER_IPV6) && v6_fits)
        return jn_common_ipv6(d + plain, plain, flags, JN_VLAN_TCI_NONE, wire_length - plain, p);
    if (type != htobe16(JN_ETHER_VLAN))
        return false;
    uint16_t vlan_tci = jn_vlan_tci(jn_be16(d + JN_ETHERNET_BYTES));
    type = jn_raw16(d + 16);
    if (type == htobe16(JN_ETHER_IPV4))
        return jn_common_ipv4(d + tagged, tagged, flags | JN_PACKET_VLAN, vlan_tci, wire_length - tagged, p);
    return type == htobe16(JN_ETHER_IPV6) && v6_fits &&
           jn_common_ipv6(d + tagged, tagged, flags | JN_PACKET_VLAN, vlan_tci, wire_length - tagged, p);
}
