// SPDX-License-Identifier: BSD-3-Clause
// The path MTU to a peer that errors of the underlay taught. All that is known is one word, so that every reader sees it
// whole: the MTU in its lowest 16 bits, a mark of the peer's address above it, and in the upper half the second in which
// it was learned. A word with another peer's mark says nothing. 0: nothing is known.
#pragma once

#include "address.h"

#define JN_PATH_MTU_SECONDS                                                                                            \
    600u // a learned one is forgotten then: the path may have become wider (RFC 1191 section 6.3)
#define JN_LEAST_PATH_MTU4 576u // of an outer packet: what every host takes (RFC 1122 section 3.3.3)
#define JN_LEAST_PATH_MTU6 1280u

// Never 0.
static inline uint16_t
jn_path_mtu_mark(uint8_t family, const uint8_t *address) {
    uint32_t hash = 0x811c9dc5u ^ family; // FNV-1a
    for (unsigned int i = 0; i < jn_address_bytes(family); i++)
        hash = (hash ^ address[i]) * 0x01000193u;
    uint16_t mark = (uint16_t)(hash >> 16 ^ hash);
    return mark == 0 ? 1 : mark;
}

static inline uint64_t
jn_path_mtu_word(uint16_t mtu, uint16_t mark, uint64_t now_ns) {
    return (now_ns / UINT64_C(1000000000)) << 32 | (uint64_t)mark << 16 | mtu;
}

// Seconds since it was learned. A clock that was set back makes it young.
static inline uint32_t
jn_path_mtu_age(uint64_t word, uint64_t now_ns) {
    int32_t age = (int32_t)((uint32_t)(now_ns / UINT64_C(1000000000)) - (uint32_t)(word >> 32));
    return age < 0 ? 0 : (uint32_t)age;
}

// Bytes of an outer IP packet; 0: none is known of the peer with that mark.
static inline uint16_t
jn_path_mtu_of(uint64_t word, uint16_t mark) {
    return (uint16_t)(word >> 16) == mark ? (uint16_t)word : 0;
}
