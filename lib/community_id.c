// SPDX-License-Identifier: BSD-3-Clause
#include "community_id.h"

#include <nettle/sha1.h>
#include <string.h>

#include "address.h"

enum { WORDS = 5 }; // of a SHA-1

static inline uint64_t
load_8(const uint8_t *at) {
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return __builtin_bswap64(value);
}

static inline uint32_t
load_4(const uint8_t *at) {
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return __builtin_bswap32(value);
}

// Does the second end go first? Decided without a branch, for ends come in either order.
static inline bool
must_swap(uint8_t family, const uint8_t address[2][16], bool by_ports, const uint16_t ports[2]) {
    bool port = by_ports & (ports[0] > ports[1]);
    if (family == 4) {
        uint32_t a = load_4(address[0]), b = load_4(address[1]);
        return (a > b) | ((a == b) & port);
    }
    uint64_t a = load_8(address[0]), b = load_8(address[1]), c = load_8(address[0] + 8), d = load_8(address[1] + 8);
    return (a > b) | ((a == b) & ((c > d) | ((c == d) & port)));
}

// What is hashed, as SHA-1's last block: a one behind it, and its length in bits at the end.
static inline void
make_block(uint8_t block[SHA1_BLOCK_SIZE], size_t width, const uint8_t *from, const uint8_t *to, uint8_t protocol) {
    memset(block, 0, SHA1_BLOCK_SIZE);
    memcpy(block + 2, from, width); // behind the seed
    memcpy(block + 2 + width, to, width);
    block[2 + 2 * width] = protocol;
}

static inline size_t
add_ports(uint8_t block[SHA1_BLOCK_SIZE], size_t length, bool has_ports, uint16_t from, uint16_t to) {
    if (!has_ports)
        return length;
    uint32_t ports = __builtin_bswap32((uint32_t)from << 16 | to);
    memcpy(block + length, &ports, sizeof(ports));
    return length + sizeof(ports);
}

// Base64 of the 20 bytes of the words: 27 characters, and one that fills up.
static inline void
encode(char out[28], const uint32_t words[WORDS]) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint64_t half[3] = {(uint64_t)words[0] << 16 | words[1] >> 16,
                        (uint64_t)(words[1] & 0xffff) << 32 | words[2], // 48 bits, eight characters each
                        (uint64_t)words[3] << 16 | words[4] >> 16};
    for (int i = 0; i < 3; i++)
        for (int c = 0; c < 8; c++)
            *out++ = digits[half[i] >> (42 - 6 * c) & 63];
    uint32_t rest = (words[4] & 0xffff) << 2;
    out[0] = digits[rest >> 12 & 63];
    out[1] = digits[rest >> 6 & 63];
    out[2] = digits[rest & 63];
    out[3] = '=';
}

void
jn_community_id(uint8_t family, const uint8_t address[2][16], uint8_t protocol, bool has_ports, const uint16_t ports[2],
                bool one_way, char out[JN_COMMUNITY_ID_SIZE]) {
    uint32_t words[WORDS] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}; // as SHA-1 begins
    uint8_t block[SHA1_BLOCK_SIZE];
    bool swap = !one_way & must_swap(family, address, has_ports, ports);
    // Of constant widths, so that nothing is called for them.
    if (family == 4)
        make_block(block, 4, address[swap], address[!swap], protocol);
    else
        make_block(block, 16, address[swap], address[!swap], protocol);
    size_t length = add_ports(block, 4 + 2 * jn_address_bytes(family), has_ports, ports[swap], ports[!swap]);
    block[length] = 0x80;
    block[SHA1_BLOCK_SIZE - 2] = (uint8_t)(length >> 5);
    block[SHA1_BLOCK_SIZE - 1] = (uint8_t)(length << 3);
    nettle_sha1_compress(words, block);
    memcpy(out, "1:", 2);
    encode(out + 2, words);
    out[JN_COMMUNITY_ID_SIZE - 1] = '\0';
}
