// SPDX-License-Identifier: BSD-3-Clause
// How the headers of the two IP families differ: from a family, or from a header at hand, whose first byte has been seen
// to say 4 or 6.
#pragma once

#include "address.h"
#include "packet/bytes.h"
#include "packet/headers.h"

static inline uint16_t
jn_ether_type_of(uint8_t family) {
    return family == 6 ? JN_ETHER_IPV6 : JN_ETHER_IPV4;
}

// 0: no IP.
static inline uint8_t
jn_family_of_type(uint16_t ether_type) {
    return ether_type == JN_ETHER_IPV4 ? 4 : ether_type == JN_ETHER_IPV6 ? 6 : 0;
}

static inline uint8_t
jn_icmp_protocol(uint8_t family) {
    return family == 6 ? JN_IP_ICMPV6 : JN_IP_ICMP;
}

// Bytes of a header without options or extensions.
static inline uint32_t
jn_ip_header_bytes(uint8_t family) {
    return family == 6 ? JN_IPV6_BYTES : JN_IPV4_BYTES;
}

static inline uint8_t
jn_ip_family(const uint8_t *ip) {
    return ip[0] >> 4;
}

// Bytes of the header itself: of IPv4 with its options, of IPv6 without extensions.
static inline uint32_t
jn_ip_header_length(const uint8_t *ip) {
    return jn_ip_family(ip) == 6 ? JN_IPV6_BYTES : (ip[0] & 15u) * 4u;
}

// Bytes of the whole packet, as the header says.
static inline uint32_t
jn_ip_length(const uint8_t *ip) {
    return jn_ip_family(ip) == 6 ? jn_be16(ip + 4) + JN_IPV6_BYTES : jn_be16(ip + 2);
}

static inline uint8_t
jn_ip_protocol(const uint8_t *ip) {
    return jn_ip_family(ip) == 6 ? ip[6] : ip[9];
}

// Is it an extension header of IPv6 with a length of its own (RFC 8200 section 4)? A fragment header has none.
static inline bool
jn_ip_is_extension(uint8_t next) {
    return next == JN_IP_HOP_BY_HOP || next == JN_IP_ROUTING || next == JN_IP_DESTINATION || next == JN_IP_AH ||
           next == JN_IP_MOBILITY || next == JN_IP_HIP || next == JN_IP_SHIM6;
}

// Offset of the source; the destination is right behind it.
static inline uint32_t
jn_ip_source_at(const uint8_t *ip) {
    return jn_ip_family(ip) == 6 ? 8 : 12;
}
