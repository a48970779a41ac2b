// SPDX-License-Identifier: BSD-3-Clause
// IP addresses and prefixes: 16 bytes in network order, an IPv4 address in the first four, and a family, 4 or 6. The one
// place that knows how the two families differ.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// 0 is the index of IPv4 where something is kept for each family, 1 that of IPv6.
static inline uint8_t
jn_family(bool v6) {
    return v6 ? 6 : 4;
}

static inline size_t
jn_address_bytes(uint8_t family) {
    return family == 4 ? 4 : 16;
}

static inline bool
jn_address_equal(uint8_t family, const uint8_t *a, const uint8_t *b) {
    return memcmp(a, b, jn_address_bytes(family)) == 0;
}

// Does the prefix of `length` bits hold the address? Both of one family.
static inline bool
jn_prefix_holds(const uint8_t *prefix, unsigned int length, const uint8_t *address) {
    unsigned int whole = length / 8, rest = length % 8;
    return whole <= 16 && memcmp(prefix, address, whole) == 0 &&
           (rest == 0 || ((prefix[whole] ^ address[whole]) >> (8 - rest)) == 0);
}

// RFC 4291 section 2.5.6. IPv4's link-local addresses are not meant: they are a host's own affair.
static inline bool
jn_address_is_link_local(uint8_t family, const uint8_t *address) {
    return family == 6 && address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

// Can a host have it? Not unspecified, "this network", loopback, multicast, or reserved.
static inline bool
jn_address_is_host(uint8_t family, const uint8_t *address) {
    static const uint8_t first15[15];
    if (family == 4)
        return address[0] != 0 && address[0] != 127 && address[0] < 224;
    return address[0] != 0xff && (memcmp(address, first15, 15) != 0 || address[15] > 1);
}
