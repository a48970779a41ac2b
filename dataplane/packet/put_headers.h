// SPDX-License-Identifier: BSD-3-Clause
// Headers of frames that Junction makes itself, front to back. Each returns the place behind what it wrote.
#pragma once

#include "packet/bytes.h"
#include "packet/checksum.h"
#include "packet/ip.h"

// vlan: TCI of the tag, or JN_VLAN_TCI_NONE.
static inline uint32_t
jn_ethernet_bytes(uint16_t vlan_tci) {
    return vlan_tci == JN_VLAN_TCI_NONE ? JN_ETHERNET_BYTES : JN_ETHERNET_BYTES + JN_VLAN_TAG_BYTES;
}

static inline uint8_t *
jn_put_ethernet(uint8_t *at, const uint8_t destination[6], const uint8_t source[6], uint16_t vlan_tci, uint16_t type) {
    at = jn_put(jn_put(at, destination, 6), source, 6);
    if (vlan_tci != JN_VLAN_TCI_NONE)
        at = jn_put_be16(jn_put_be16(at, JN_ETHER_VLAN), vlan_tci);
    return jn_put_be16(at, type);
}

// RFC 791, without options, checksum and all. Identification 0 and DF: an atomic datagram (RFC 6864 section 4.1).
static inline uint8_t *
jn_put_ipv4(uint8_t *at, uint8_t tos, uint32_t total_length, uint8_t ttl, uint8_t protocol, const uint8_t source[4],
            const uint8_t destination[4]) {
    uint8_t *header = at;
    at = jn_put_be16(jn_put_be16(at, 0x4500u | tos), total_length);
    at = jn_put_be16(jn_put_be16(at, 0), JN_IPV4_DF);
    at = jn_put_be16(jn_put_be16(at, (uint32_t)ttl << 8 | protocol), 0);
    at = jn_put(jn_put(at, source, 4), destination, 4);
    jn_put_be16(header + 10, jn_checksum(header, JN_IPV4_BYTES));
    return at;
}

// RFC 8200, without flow label. payload: bytes behind this header.
static inline uint8_t *
jn_put_ipv6(uint8_t *at, uint8_t traffic_class, uint32_t payload, uint8_t hop_limit, uint8_t next_header,
            const uint8_t source[16], const uint8_t destination[16]) {
    at = jn_put_be16(jn_put_be16(at, 0x6000u | (uint32_t)traffic_class << 4), 0);
    at = jn_put_be16(jn_put_be16(at, payload), (uint32_t)next_header << 8 | hop_limit);
    return jn_put(jn_put(at, source, 16), destination, 16);
}

// Either. payload: bytes behind this header.
static inline uint8_t *
jn_put_ip(uint8_t *at, uint8_t family, uint8_t traffic_class, uint32_t payload, uint8_t ttl, uint8_t protocol,
          const uint8_t *source, const uint8_t *destination) {
    if (family == 6)
        return jn_put_ipv6(at, traffic_class, payload, ttl, protocol, source, destination);
    return jn_put_ipv4(at, traffic_class, JN_IPV4_BYTES + payload, ttl, protocol, source, destination);
}

// Of a template: length, and of IPv4 the checksum, are 0.
static inline uint8_t *
jn_put_ip_template(uint8_t *at, uint8_t family, uint8_t traffic_class, uint8_t ttl, uint8_t protocol,
                   const uint8_t *source, const uint8_t *destination) {
    if (family == 6)
        return jn_put_ipv6(at, traffic_class, 0, ttl, protocol, source, destination);
    uint8_t *end = jn_put_ipv4(at, traffic_class, 0, ttl, protocol, source, destination);
    jn_put_be16(at + 10, 0);
    return end;
}
