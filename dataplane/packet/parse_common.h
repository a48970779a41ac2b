// SPDX-License-Identifier: BSD-3-Clause
// Inside the parser: the bulk of traffic. Ethernet, at most one 802.1Q tag, IPv4 without options or IPv6 without extension
// headers, no fragment, TCP or UDP, nothing to notice. What it says is what jn_parse_frame says: the fuzzer compares.
#pragma once

#include <smmintrin.h>

#include "packet/bytes.h"
#include "packet/parse.h"

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

_Static_assert(offsetof(struct jn_packet, flags) == 0 && offsetof(struct jn_packet, exceptions) == 4 &&
                   offsetof(struct jn_packet, ip_length) == 8 && offsetof(struct jn_packet, l3_offset) == 12 &&
                   offsetof(struct jn_packet, l4_offset) == 14 && offsetof(struct jn_packet, vlan_tci) == 16 &&
                   offsetof(struct jn_packet, port) == 18 && offsetof(struct jn_packet, vlan_id) == 24 &&
                   offsetof(struct jn_packet, protocol) == 26 && offsetof(struct jn_packet, dscp) == 27 &&
                   offsetof(struct jn_packet, tcp_flags) == 28 && offsetof(struct jn_packet, address) == 32,
               "as jn_common_put has it");

// What the parser must know of a transport, by IP protocol. TCP or not is no branch: traffic has both.
struct jn_common_transport {
    uint16_t below;     // an IPv4 packet without options that has no more bytes lacks a part of its header
    uint16_t tcp_flags; // mask of those that it has
    uint32_t kind;      // jn_packet_kind over IPv4
};

#define JN_COMMON_KIND(flags, protocol)                                                                                \
    (JN_PACKET_IP | JN_PACKET_PORTS | (flags) | (uint32_t)(protocol) << JN_KIND_PROTOCOL_SHIFT)

static const struct jn_common_transport jn_common_transports[256] = {
    [0 ... JN_IP_TCP - 1] = {.below = UINT16_MAX},
    [JN_IP_TCP] = {JN_IPV4_BYTES + JN_COMMON_L4_BYTES - 1, 0xff, JN_COMMON_KIND(JN_PACKET_TCP, JN_IP_TCP)},
    [JN_IP_TCP + 1 ... JN_IP_UDP - 1] = {.below = UINT16_MAX},
    [JN_IP_UDP] = {JN_IPV4_BYTES + JN_UDP_BYTES - 1, 0, JN_COMMON_KIND(0, JN_IP_UDP)},
    [JN_IP_UDP + 1 ... 255] = {.below = UINT16_MAX},
};

// What is the same for all frames of a form.
struct jn_common_form {
    uint32_t flags;  // of enum jn_packet_flags, beside the transport's
    uint32_t l3, l4; // offsets
    uint16_t vlan_tci;
};

// All but the addresses, by two wide stores: a dozen narrow ones would cost twice the time. lengths and ends: of the first and
// the second 16 bytes what comes from the frame by shuffling. columns: NULL where nobody asks.
static inline void
jn_common_put(struct jn_packet *p, struct jn_columns *columns, size_t i, const struct jn_common_form *form,
              const struct jn_common_transport *transport, __m128i lengths, __m128i ends, uint32_t dscp,
              const uint8_t *l4_header) {
    uint32_t tcp_flags = l4_header[13] & transport->tcp_flags;
    uint16_t marks = (uint16_t)(dscp | tcp_flags << 8);
    lengths = _mm_or_si128(lengths, _mm_setr_epi32(0, 0, 0, (int)(form->l3 | form->l4 << 16)));
    _mm_store_si128((__m128i *)p, lengths);
    _mm_store_si128((__m128i *)p + 1, _mm_or_si128(ends, _mm_cvtsi32_si128(form->vlan_tci)));
    p->flags = (uint16_t)transport->kind | form->flags;
    memcpy(&p->dscp, &marks, sizeof(marks));
    if (columns == NULL)
        return;
    columns->kind[i] = transport->kind | form->flags;
    columns->ip_length[i] = (uint32_t)_mm_extract_epi32(lengths, 2);
    columns->ports[i] = (uint32_t)((uint64_t)_mm_cvtsi128_si64(ends) >> 16);
    if (form->flags & JN_PACKET_VLAN) // the column is of untagged ones before
        columns->vlan_tci[i] = form->vlan_tci;
    columns->tcp_flags[i] = (uint8_t)tcp_flags;
}

static inline bool
jn_common_ipv4(const uint8_t *ip, const struct jn_common_form *form, uint32_t wire_length, struct jn_packet *p,
               struct jn_columns *columns, size_t i) {
    // Version and header length; no fragment.
    const uint64_t looked_at = UINT64_C(0xff) | (uint64_t)htobe16(JN_IPV4_MF | JN_IPV4_OFFSET) << 48;
    uint32_t ip_length = jn_be16(ip + 2);
    const struct jn_common_transport *transport = &jn_common_transports[ip[9]];
    if ((jn_raw64(ip) & looked_at) != 0x45 || ip_length + form->l3 > wire_length || ip_length <= transport->below)
        return false;
    // Of the header from its first, and from its ninth byte on.
    __m128i lengths = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)ip),
                                       _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, 3, 2, -1, -1, -1, -1, -1, -1));
    __m128i ends = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(ip + 8)),
                                    _mm_setr_epi8(-1, -1, 13, 12, 15, 14, -1, -1, -1, -1, 1, -1, -1, -1, -1, -1));
    jn_common_put(p, columns, i, form, transport, lengths, ends, ip[1] >> 2, ip + JN_IPV4_BYTES);
    _mm_store_si128((__m128i *)p->address[0], _mm_cvtsi32_si128((int)jn_raw32(ip + 12)));
    _mm_store_si128((__m128i *)p->address[1], _mm_cvtsi32_si128((int)jn_raw32(ip + 16)));
    if (columns != NULL)
        columns->addresses[i] = be64toh(jn_raw64(ip + 12));
    return true;
}

static inline bool
jn_common_ipv6(const uint8_t *ip, const struct jn_common_form *form, uint32_t wire_length, struct jn_packet *p,
               struct jn_columns *columns, size_t i) {
    uint32_t payload = jn_be16(ip + 4);
    const struct jn_common_transport *transport = &jn_common_transports[ip[6]];
    if (ip[0] >> 4 != 6 || payload + JN_IPV6_BYTES + form->l3 > wire_length ||
        payload + JN_IPV4_BYTES <= transport->below || payload > UINT16_MAX - JN_IPV4_BYTES)
        return false;
    const __m128i head = _mm_loadu_si128((const __m128i *)ip);
    __m128i lengths =
        _mm_shuffle_epi8(head, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, 5, 4, -1, -1, -1, -1, -1, -1));
    __m128i protocol =
        _mm_shuffle_epi8(head, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 6, -1, -1, -1, -1, -1));
    __m128i ports = _mm_shuffle_epi8(_mm_cvtsi32_si128((int)jn_raw32(ip + JN_IPV6_BYTES)),
                                     _mm_setr_epi8(-1, -1, 1, 0, 3, 2, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
    jn_common_put(p, columns, i, form, transport, _mm_add_epi32(lengths, _mm_setr_epi32(0, 0, JN_IPV6_BYTES, 0)),
                  _mm_or_si128(protocol, ports), jn_be16(ip) >> 6 & 63u, ip + JN_IPV6_BYTES);
    _mm_store_si128((__m128i *)p->address[0], _mm_loadu_si128((const __m128i *)(ip + 8)));
    _mm_store_si128((__m128i *)p->address[1], _mm_loadu_si128((const __m128i *)(ip + 24)));
    return true;
}

// False: not such a frame, nothing decided. What is short of a TCP header is none, either. i: its place in the columns.
static inline bool
jn_parse_common(const uint8_t *d, uint32_t length, uint32_t wire_length, struct jn_packet *p,
                struct jn_columns *columns, size_t i) {
    const uint32_t plain = JN_ETHERNET_BYTES, tagged = JN_ETHERNET_BYTES + JN_VLAN_TAG_BYTES;
    if (length < tagged + JN_IPV4_BYTES + JN_COMMON_L4_BYTES)
        return false;
    const struct jn_common_form v4 = {0, plain, plain + JN_IPV4_BYTES, JN_VLAN_TCI_NONE},
                                v6 = {JN_PACKET_IPV6, plain, plain + JN_IPV6_BYTES, JN_VLAN_TCI_NONE};
    uint16_t type = jn_raw16(d + 12);
    if (__builtin_expect(type == htobe16(JN_ETHER_IPV4), 1))
        return jn_common_ipv4(d + plain, &v4, wire_length, p, columns, i);
    bool v6_fits = length >= tagged + JN_IPV6_BYTES + JN_COMMON_L4_BYTES;
    if (type == htobe16(JN_ETHER_IPV6) && v6_fits)
        return jn_common_ipv6(d + plain, &v6, wire_length, p, columns, i);
    if (type != htobe16(JN_ETHER_VLAN))
        return false;
    const uint16_t tci = jn_vlan_tci(jn_be16(d + JN_ETHERNET_BYTES));
    const struct jn_common_form v4_tagged = {JN_PACKET_VLAN, tagged, tagged + JN_IPV4_BYTES, tci},
                                v6_tagged = {JN_PACKET_VLAN | JN_PACKET_IPV6, tagged, tagged + JN_IPV6_BYTES, tci};
    type = jn_raw16(d + 16);
    if (type == htobe16(JN_ETHER_IPV4))
        return jn_common_ipv4(d + tagged, &v4_tagged, wire_length, p, columns, i);
    return type == htobe16(JN_ETHER_IPV6) && v6_fits &&
           jn_common_ipv6(d + tagged, &v6_tagged, wire_length, p, columns, i);
}
