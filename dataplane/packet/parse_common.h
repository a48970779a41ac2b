// SPDX-License-Identifier: BSD-3-Clause
// Inside the parser: the bulk of traffic. Ethernet, at most one 802.1Q tag, IPv4 without options or IPv6 without extension
// headers, no fragment, TCP or UDP, nothing to notice. What it says is what jn_parse_frame says: the fuzzer compares.
#pragma once

#include "packet/parse_put.h"

static inline bool
jn_common_ipv4(const uint8_t *ip, const struct jn_common_form *form, uint32_t wire_length, enum jn_common_asked asked,
               struct jn_packet *p, struct jn_columns *columns, size_t i) {
    // Version and header length; no fragment.
    const uint64_t looked_at = UINT64_C(0xff) | (uint64_t)htobe16(JN_IPV4_MF | JN_IPV4_OFFSET) << 48;
    uint32_t ip_length = jn_be16(ip + 2);
    const struct jn_common_transport *transport = &jn_common_transports[ip[9]];
    if ((jn_raw64(ip) & looked_at) != 0x45 || ip_length + form->l3 > wire_length || ip_length <= transport->below)
        return false;
    if (asked != JN_ASKED_COLUMNS)
        jn_put_ipv4(p, form, transport, ip);
    if (asked != JN_ASKED_PACKETS) {
        jn_common_columns(columns, i, form, transport, ip_length, ip + JN_IPV4_BYTES);
        columns->addresses[i] = jn_raw64(ip + 12);
    }
    return true;
}

static inline bool
jn_common_ipv6(const uint8_t *ip, const struct jn_common_form *form, uint32_t wire_length, enum jn_common_asked asked,
               struct jn_packet *p, struct jn_columns *columns, size_t i) {
    uint32_t payload = jn_be16(ip + 4), ip_length = payload + JN_IPV6_BYTES;
    const struct jn_common_transport *transport = &jn_common_transports[ip[6]];
    if (ip[0] >> 4 != 6 || ip_length + form->l3 > wire_length || payload + JN_IPV4_BYTES <= transport->below ||
        payload > UINT16_MAX - JN_IPV4_BYTES)
        return false;
    jn_put_ipv6(p, form, transport, ip);
    if (asked != JN_ASKED_PACKETS)
        jn_common_columns(columns, i, form, transport, ip_length, ip + JN_IPV6_BYTES);
    if (asked == JN_ASKED_COLUMNS)
        columns->unwritten &= ~(UINT64_C(1) << i);
    return true;
}

// False: not such a frame, nothing decided. What is short of a TCP header is none, either. i: its place in the columns.
static inline bool
jn_parse_common(const uint8_t *d, uint32_t length, uint32_t wire_length, enum jn_common_asked asked,
                struct jn_packet *p, struct jn_columns *columns, size_t i) {
    const uint32_t plain = JN_ETHERNET_BYTES, tagged = JN_ETHERNET_BYTES + JN_VLAN_TAG_BYTES;
    if (length < tagged + JN_IPV4_BYTES + JN_COMMON_L4_BYTES)
        return false;
    const struct jn_common_form v4 = {0, plain, plain + JN_IPV4_BYTES, JN_VLAN_TCI_NONE},
                                v6 = {JN_PACKET_IPV6, plain, plain + JN_IPV6_BYTES, JN_VLAN_TCI_NONE};
    uint16_t type = jn_raw16(d + 12);
    if (__builtin_expect(type == htobe16(JN_ETHER_IPV4), 1))
        return jn_common_ipv4(d + plain, &v4, wire_length, asked, p, columns, i);
    bool v6_fits = length >= tagged + JN_IPV6_BYTES + JN_COMMON_L4_BYTES;
    if (type == htobe16(JN_ETHER_IPV6) && v6_fits)
        return jn_common_ipv6(d + plain, &v6, wire_length, asked, p, columns, i);
    if (type != htobe16(JN_ETHER_VLAN))
        return false;
    const uint16_t tci = jn_vlan_tci(jn_be16(d + JN_ETHERNET_BYTES));
    const struct jn_common_form v4_tagged = {JN_PACKET_VLAN, tagged, tagged + JN_IPV4_BYTES, tci},
                                v6_tagged = {JN_PACKET_VLAN | JN_PACKET_IPV6, tagged, tagged + JN_IPV6_BYTES, tci};
    type = jn_raw16(d + 16);
    if (type == htobe16(JN_ETHER_IPV4))
        return jn_common_ipv4(d + tagged, &v4_tagged, wire_length, asked, p, columns, i);
    return type == htobe16(JN_ETHER_IPV6) && v6_fits &&
           jn_common_ipv6(d + tagged, &v6_tagged, wire_length, asked, p, columns, i);
}
