// SPDX-License-Identifier: BSD-3-Clause
// Data that other threads or processes read while their one writer changes them: a version that is odd meanwhile, and the
// data word by word. Every word is stored with release and loaded with acquire: a reader that sees one new word also sees
// the odd version that was stored before it. So no fence is needed, which ThreadSanitizer would not understand; on x86-64
// all of these are plain moves.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// A field of shared data by itself: one store, never torn. pointer: to an integer of up to eight bytes.
#define jn_store(pointer, value) __atomic_store_n(pointer, value, __ATOMIC_RELAXED)

// to: aligned to 8 bytes when there are as many, else to 2.
static inline void
jn_seq_store(void *to, const void *from, size_t bytes) {
    char *out = to;
    const char *in = from;
#pragma GCC unroll 16
    for (; bytes >= sizeof(uint64_t); bytes -= sizeof(uint64_t), out += sizeof(uint64_t), in += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, in, sizeof(word));
        __atomic_store_n((uint64_t *)out, word, __ATOMIC_RELEASE);
    }
#pragma GCC unroll 4
    for (; bytes >= sizeof(uint16_t); bytes -= sizeof(uint16_t), out += sizeof(uint16_t), in += sizeof(uint16_t)) {
        uint16_t half;
        memcpy(&half, in, sizeof(half));
        __atomic_store_n((uint16_t *)out, half, __ATOMIC_RELEASE);
    }
    if (bytes != 0)
        __atomic_store_n(out, *in, __ATOMIC_RELEASE);
}

// from: aligned likewise.
static inline void
jn_seq_load(void *to, const void *from, size_t bytes) {
    char *out = to;
    const char *in = from;
    for (; bytes >= sizeof(uint64_t); bytes -= sizeof(uint64_t), out += sizeof(uint64_t), in += sizeof(uint64_t)) {
        uint64_t word = __atomic_load_n((const uint64_t *)in, __ATOMIC_ACQUIRE);
        memcpy(out, &word, sizeof(word));
    }
    for (; bytes != 0; bytes--, out++, in++)
        *out = __atomic_load_n(in, __ATOMIC_ACQUIRE);
}

// The reader's two looks at the version: data loaded in between are whole when it was even and both are equal.
static inline uint32_t
jn_seq_begin(const uint32_t *version) {
    return __atomic_load_n(version, __ATOMIC_ACQUIRE);
}
static inline int
jn_seq_whole(const uint32_t *version, uint32_t before) {
    return before % 2 == 0 && __atomic_load_n(version, __ATOMIC_RELAXED) == before;
}
