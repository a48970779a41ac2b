// SPDX-License-Identifier: BSD-3-Clause
// Inside the parser: how a common frame becomes a jn_packet. A dozen narrow stores would cost twice the time: its words are
// shuffled out of the header, and written by wide stores.
#pragma once

#include <tmmintrin.h>

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

// What the parser must know of a transport, by IP protocol. TCP or not is no branch: traffic has both.
struct jn_common_transport {
    uint16_t below; // an IPv4 packet without options that has no more bytes lacks a part of its header
    uint16_t tcp;   // 1 of TCP
    uint32_t kind;  // jn_packet_kind over IPv4
};

#define JN_COMMON_KIND(flags, protocol)                                                                                \
    (JN_PACKET_IP | JN_PACKET_PORTS | (flags) | (uint32_t)(protocol) << JN_KIND_PROTOCOL_SHIFT)

static const struct jn_common_transport jn_common_transports[256] = {
    [0 ... JN_IP_TCP - 1] = {.below = UINT16_MAX},
    [JN_IP_TCP] = {JN_IPV4_BYTES + JN_COMMON_L4_BYTES - 1, 1, JN_COMMON_KIND(JN_PACKET_TCP, JN_IP_TCP)},
    [JN_IP_TCP + 1 ... JN_IP_UDP - 1] = {.below = UINT16_MAX},
    [JN_IP_UDP] = {JN_IPV4_BYTES + JN_UDP_BYTES - 1, 0, JN_COMMON_KIND(0, JN_IP_UDP)},
    [JN_IP_UDP + 1 ... 255] = {.below = UINT16_MAX},
};

// What the parser is asked for. COLUMNS: the packet as well where the columns do not say all that is mostly asked.
enum jn_common_asked { JN_ASKED_PACKETS, JN_ASKED_BOTH, JN_ASKED_COLUMNS };

// What is the same for all frames of a form. VLAN-tagged ones have a TCI each.
struct jn_common_form {
    uint32_t flags;  // of enum jn_packet_flags, beside the transport's
    uint32_t l3, l4; // offsets
    uint16_t vlan_tci;
};

_Static_assert(offsetof(struct jn_packet, flags) == 0 && offsetof(struct jn_packet, exceptions) == 4 &&
                   offsetof(struct jn_packet, ip_length) == 8 && offsetof(struct jn_packet, l3_offset) == 12 &&
                   offsetof(struct jn_packet, l4_offset) == 14 && offsetof(struct jn_packet, vlan_tci) == 16 &&
                   offsetof(struct jn_packet, port) == 18 && offsetof(struct jn_packet, vlan_id) == 24 &&
                   offsetof(struct jn_packet, protocol) == 26 && offsetof(struct jn_packet, dscp) == 27 &&
                   offsetof(struct jn_packet, tcp_flags) == 28 && offsetof(struct jn_packet, address) == 32,
               "as the words below have it");

// All but the addresses. lengths, ends: of the first and the second 16 bytes what comes from the frame.
static inline void
jn_put_words(struct jn_packet *p, const struct jn_common_form *form, const struct jn_common_transport *transport,
             __m128i lengths, __m128i ends, uint32_t dscp, const uint8_t *l4_header) {
    uint32_t tcp_flags = l4_header[13] & (0u - transport->tcp);
    uint16_t marks = (uint16_t)(dscp | tcp_flags << 8);
    _mm_store_si128((__m128i *)p, _mm_or_si128(lengths, _mm_setr_epi32(0, 0, 0, (int)(form->l3 | form->l4 << 16))));
    _mm_store_si128((__m128i *)p + 1, _mm_or_si128(ends, _mm_cvtsi32_si128(form->vlan_tci)));
    p->flags = (uint16_t)transport->kind | form->flags;
    memcpy(&p->dscp, &marks, sizeof(marks));
}

static inline void
jn_put_ipv4(struct jn_packet *p, const struct jn_common_form *form, const struct jn_common_transport *transport,
            const uint8_t *ip) {
    // Of the header from its first, and from its ninth byte on.
    __m128i lengths = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)ip),
                                       _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, 3, 2, -1, -1, -1, -1, -1, -1));
    __m128i ends = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(ip + 8)),
                                    _mm_setr_epi8(-1, -1, 13, 12, 15, 14, -1, -1, -1, -1, 1, -1, -1, -1, -1, -1));
    jn_put_words(p, form, transport, lengths, ends, ip[1] >> 2, ip + JN_IPV4_BYTES);
    _mm_store_si128((__m128i *)p->address[0], _mm_cvtsi32_si128((int)jn_raw32(ip + 12)));
    _mm_store_si128((__m128i *)p->address[1], _mm_cvtsi32_si128((int)jn_raw32(ip + 16)));
}

static inline void
jn_put_ipv6(struct jn_packet *p, const struct jn_common_form *form, const struct jn_common_transport *transport,
            const uint8_t *ip) {
    const __m128i head = _mm_loadu_si128((const __m128i *)ip);
    __m128i lengths =
        _mm_shuffle_epi8(head, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, 5, 4, -1, -1, -1, -1, -1, -1));
    __m128i protocol =
        _mm_shuffle_epi8(head, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 6, -1, -1, -1, -1, -1));
    __m128i ports = _mm_shuffle_epi8(_mm_cvtsi32_si128((int)jn_raw32(ip + JN_IPV6_BYTES)),
                                     _mm_setr_epi8(-1, -1, 1, 0, 3, 2, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
    jn_put_words(p, form, transport, _mm_add_epi32(lengths, _mm_setr_epi32(0, 0, JN_IPV6_BYTES, 0)),
                 _mm_or_si128(protocol, ports), jn_be16(ip) >> 6 & 63u, ip + JN_IPV6_BYTES);
    _mm_store_si128((__m128i *)p->address[0], _mm_loadu_si128((const __m128i *)(ip + 8)));
    _mm_store_si128((__m128i *)p->address[1], _mm_loadu_si128((const __m128i *)(ip + 24)));
}

// Of any family but the addresses. The column of VLAN tags is of untagged packets before.
static inline void
jn_common_columns(struct jn_columns *columns, size_t i, const struct jn_common_form *form,
                  const struct jn_common_transport *transport, uint32_t ip_length, const uint8_t *l4_header) {
    columns->kind[i] = transport->kind | form->flags;
    columns->ip_length[i] = ip_length;
    columns->ports[i] = jn_raw32(l4_header);
    columns->tcp_flags[i] = l4_header[13] & (uint8_t)(0u - transport->tcp);
    if (form->flags & JN_PACKET_VLAN)
        columns->vlan_tci[i] = form->vlan_tci;
}
