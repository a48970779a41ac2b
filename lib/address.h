// SPDX-License-Identifier: BSD-3-Clause
// IP addresses and prefixes: 16 bytes in network order, an IPv4 address in the first four, and a family, 4 or 6. The one
// place that knows how the two families differ; how their headers differ, dataplane/packet/ip.h knows.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct jn_prefix {
    uint8_t address[16];
    uint8_t length;
    uint8_t family; /* 4 or 6; 0 matches all */
    uint8_t reserved[2];
};

#define JN_ADDRESS_TEXT 64u // room for the text of an address or prefix

static inline uint8_t
jn_family(bool v6) {
    return v6 ? 6 : 4;
}

static inline bool
jn_is_family(unsigned int number) {
    return number == 4 || number == 6;
}

// Where something is kept for each family, IPv4 is at 0 and IPv6 at 1.
static inline unsigned int
jn_family_index(uint8_t family) {
    return family == 6;
}

static inline size_t
jn_address_bytes(uint8_t family) {
    return family == 4 ? 4 : 16;
}

static inline uint8_t
jn_address_bits(uint8_t family) {
    return (uint8_t)(8 * jn_address_bytes(family));
}

// Only the bytes that an address of that family has are read.
static inline bool
jn_address_equal(uint8_t family, const uint8_t *a, const uint8_t *b) {
    return family == 4 ? memcmp(a, b, 4) == 0 : memcmp(a, b, 16) == 0; // of constant sizes: no calls
}

// To all 16 bytes of `out`.
static inline void
jn_address_copy(uint8_t family, uint8_t out[16], const uint8_t *address) {
    memset(out, 0, 16);
    memcpy(out, address, jn_address_bytes(family));
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

static inline bool
jn_address_is_group(uint8_t family, const uint8_t *address) {
    return family == 6 ? address[0] == 0xff : address[0] >= 224; // multicast, IPv4's broadcast among it
}

// Can a host have it? Not unspecified, "this network", loopback, multicast, or reserved.
static inline bool
jn_address_is_host(uint8_t family, const uint8_t *address) {
    static const uint8_t first15[15];
    if (family == 4)
        return address[0] != 0 && address[0] != 127 && address[0] < 224;
    return address[0] != 0xff && (memcmp(address, first15, 15) != 0 || address[15] > 1);
}

// "10.128.0.0/9", or an address alone, which is all of its length. False when it is neither.
bool jn_prefix_parse(const char *text, struct jn_prefix *out);
bool jn_address_parse(const char *text, struct jn_prefix *out);

// The text of an address; with a length behind it; of a prefix, which is an address when it has all of its length.
const char *jn_address_text(uint8_t family, const uint8_t *address, char out[JN_ADDRESS_TEXT]);
const char *jn_subnet_text(uint8_t family, const uint8_t *address, unsigned int length, char out[JN_ADDRESS_TEXT]);
const char *jn_prefix_text(const struct jn_prefix *prefix, char out[JN_ADDRESS_TEXT]);

// Set the host bits to zero.
void jn_prefix_mask(struct jn_prefix *prefix);
bool jn_prefix_contains(const struct jn_prefix *outer, const struct jn_prefix *inner);

// What an address is when it is not one host's: "multicast", "loopback"... or, in a subnet of that length, its network
// or broadcast address. NULL when it may be a host's.
const char *jn_address_kind(const struct jn_prefix *address);
const char *jn_address_kind_in(const struct jn_prefix *address, unsigned int length);
