// SPDX-License-Identifier: BSD-3-Clause
#include "community_id.h"

#include <nettle/sha1.h>
#include <string.h>

enum { WORDS = 5 }; // of a SHA-1

typedef uint64_t pair __attribute__((vector_size(16)));

// An address as a number, which takes its place among others in network order. IPv4: in the lower 32 bits.
struct number {
    uint64_t upper, lower;
};

static inline struct number
load(uint8_t family, const uint8_t address[16]) {
    uint64_t upper, lower;
    uint32_t four;
    if (family == 4) {
        memcpy(&four, address, sizeof(four));
        return (struct number){0, __builtin_bswap32(four)};
    }
    memcpy(&upper, address, sizeof(upper));
    memcpy(&lower, address + 8, sizeof(lower));
    return (struct number){__builtin_bswap64(upper), __builtin_bswap64(lower)};
}

// Does the second end go first? Decided without a branch, for ends come in either order.
static inline bool
comes_after(struct number a, struct number b, bool later_port) {
    return (a.upper > b.upper) | ((a.upper == b.upper) & ((a.lower > b.lower) | ((a.lower == b.lower) & later_port)));
}

static inline pair
in_network_order(uint64_t first, uint64_t second) {
    return (pair){__builtin_bswap64(first), __builtin_bswap64(second)};
}

// SHA-1's one block: a seed of two bytes, the addresses, the protocol, a zero and the ports, and behind them a one, and at the
// end the length in bits. It is stored as it is loaded, in sixteen bytes each: smaller ones the load would have to wait for.
static inline void
make_block(pair block[4], uint8_t family, struct number from, struct number to, uint8_t protocol, bool has_ports,
           uint32_t ports) {
    uint64_t tail = to.lower << 48 | (uint64_t)protocol << 40 | (has_ports ? ports : 0x80000000);
    uint64_t one = has_ports ? UINT64_C(1) << 63 : 0, left_out = has_ports ? 0 : 32;
    if (family == 4) {
        block[0] = in_network_order(from.lower << 16 | to.lower >> 16, tail);
        block[1] = in_network_order(one, 0);
        block[2] = (pair){0, 0};
        block[3] = in_network_order(0, 128 - left_out);
        return;
    }
    block[0] = in_network_order(from.upper >> 16, from.upper << 48 | from.lower >> 16);
    block[1] = in_network_order(from.lower << 48 | to.upper >> 16, to.upper << 48 | to.lower >> 16);
    block[2] = in_network_order(tail, one);
    block[3] = in_network_order(0, 320 - left_out);
}

// Six bits each of the lower 48, a byte each, the first lowest.
static inline uint64_t
sextets(uint64_t bits) {
    bits = (bits << 8 & UINT64_C(0x00ffffff00000000)) | (bits & UINT64_C(0x0000000000ffffff));
    bits = (bits << 4 & UINT64_C(0x0fff00000fff0000)) | (bits & UINT64_C(0x00000fff00000fff));
    bits = (bits << 2 & UINT64_C(0x3f003f003f003f00)) | (bits & UINT64_C(0x003f003f003f003f));
    return __builtin_bswap64(bits);
}

typedef int8_t digits_16 __attribute__((vector_size(16)));

// Base64's characters of values from 0 to 63, sixteen at once.
static inline digits_16
characters(digits_16 d) {
    return d + 'A' + ((d > 25) & ('a' - 26 - 'A')) - ((d > 51) & ('a' - 26 - ('0' - 52))) -
           ((d > 61) & ('0' - 52 - ('+' - 62))) + ((d > 62) & ('/' - 63 - ('+' - 62)));
}

// Base64 of the 20 bytes of the words: 27 characters, and one that fills up.
static inline void
encode(char out[28], const uint32_t words[WORDS]) {
    const uint64_t eights[4] = {sextets((uint64_t)words[0] << 16 | words[1] >> 16),
                                sextets((uint64_t)words[1] << 32 | words[2]),
                                sextets((uint64_t)words[3] << 16 | words[4] >> 16), sextets((uint64_t)words[4] << 32)};
    digits_16 digits[2];
    memcpy(digits, eights, sizeof(digits));
    digits[0] = characters(digits[0]);
    digits[1] = characters(digits[1]);
    memcpy(out, digits, 28);
    out[27] = '=';
}

void
jn_community_id(uint8_t family, const uint8_t address[2][16], uint8_t protocol, bool has_ports, const uint16_t ports[2],
                bool one_way, char out[JN_COMMUNITY_ID_SIZE]) {
    uint32_t words[WORDS] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}; // as SHA-1 begins
    pair block[4];
    const struct number ends[2] = {load(family, address[0]), load(family, address[1])};
    bool swap = !one_way & comes_after(ends[0], ends[1], has_ports & (ports[0] > ports[1]));
    make_block(block, family, ends[swap], ends[!swap], protocol, has_ports, (uint32_t)ports[swap] << 16 | ports[!swap]);
    nettle_sha1_compress(words, (const uint8_t *)block);
    memcpy(out, "1:", 2);
    encode(out + 2, words);
    out[JN_COMMUNITY_ID_SIZE - 1] = '\0';
}
