// SPDX-License-Identifier: BSD-3-Clause
// Hashes of what comes from outside, with a key that nobody outside knows: who sends cannot choose what falls together. Each
// word is hidden by a word of the key before it is multiplied, also the second factor: a factor that is known could be made 0.
#pragma once

#include <stdint.h>
#include <string.h>

// Random numbers, made once when a process starts.
struct jn_hash_key {
    uint64_t word[4];
};

// Both halves of a 128-bit product folded: every input bit reaches every output bit in a few cycles.
static inline uint64_t
jn_hash_mix(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

// Four words of one (splitmix64): where a key is needed and a single random number is at hand.
static inline struct jn_hash_key
jn_hash_key_of(uint64_t seed) {
    struct jn_hash_key key;
    for (unsigned int i = 0; i < 4; i++) {
        uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        key.word[i] = z ^ z >> 31;
    }
    return key;
}

// 16 bytes: an address as it stands in struct jn_packet, IPv4 with zeros behind it.
static inline uint64_t
jn_hash_address(const struct jn_hash_key *key, const uint8_t address[16]) {
    uint64_t half[2];
    memcpy(half, address, sizeof(half));
    return jn_hash_mix(half[0] ^ key->word[0], half[1] ^ key->word[1]);
}

// The same with a number beside it, such as a family or an identification.
static inline uint64_t
jn_hash_address_and(const struct jn_hash_key *key, const uint8_t address[16], uint64_t number) {
    return jn_hash_mix(jn_hash_address(key, address) ^ key->word[2], number ^ key->word[3]);
}
