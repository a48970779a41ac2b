// SPDX-License-Identifier: BSD-3-Clause
// The outer header of a burst's copies for one peer: what they have in common is put together once, and a copy's own fields
// (length, checksum, sequence number) are dealt to their places by vector shuffles, so that the header is written by two or
// four stores and no byte twice. It says what jn_encap_write says: the fuzzer compares.
#pragma once

#include "tunnel/encap.h"

#ifdef __AVX2__
#include <immintrin.h>
#elif defined(__SSSE3__)
#include <tmmintrin.h>
#endif

enum { JN_ENCAP_READY_BYTES = 64 };

struct jn_encap_ready {
    uint8_t header[JN_ENCAP_READY_BYTES]; // its end; a copy's fields are 0
    uint8_t place[JN_ENCAP_READY_BYTES];  // which byte of the fields stands there, or JN_ENCAP_NO_FIELD
    uint32_t length;                      // of the header
    uint32_t length_add, sum;             // as in struct jn_encap
} __attribute__((aligned(64)));

#define JN_ENCAP_NO_FIELD 0x80u // as shuffles have it: 0

// Has it a header that can be made ready: short enough, and the same for all frames?
static inline bool
jn_encap_can_be_ready(const struct jn_encap *e) {
    return e->length <= JN_ENCAP_READY_BYTES && e->erspan == 0 && !e->ip_only;
}

// state_mac: as jn_encap_write has it.
static inline void
jn_encap_make_ready(struct jn_encap_ready *ready, const struct jn_encap *e, uint64_t state_mac) {
    enum { CUT = JN_ENCAP_ROOM - JN_ENCAP_READY_BYTES };
    const struct {
        uint8_t at, bytes, first;
    } fields[] = {{e->length_at, 2, 0}, {e->checksum_at, 2, 2}, {e->sequence_at, 4, 4}};
    uint64_t macs = htobe64(state_mac << 16 | e->source_head);
    memcpy(ready->header, e->header + CUT, JN_ENCAP_READY_BYTES);
    memcpy(ready->header + JN_ENCAP_READY_BYTES - e->length, &macs, sizeof(macs));
    jn_put_be16(ready->header + (e->protocol_at - CUT), e->protocol[0]);
    memset(ready->place, JN_ENCAP_NO_FIELD, sizeof(ready->place));
    for (unsigned int f = 0; f < sizeof(fields) / sizeof(fields[0]); f++)
        for (unsigned int i = 0; fields[f].at != 0 && i < fields[f].bytes; i++)
            ready->place[fields[f].at - CUT + i] = (uint8_t)(fields[f].first + i);
    ready->length = e->length;
    ready->length_add = e->length_add;
    ready->sum = e->sum;
}

// As jn_encap_write, of a payload of that length. JN_ENCAP_READY_BYTES before `payload` are written.
static inline void
jn_encap_write_ready(const struct jn_encap_ready *ready, uint8_t *payload, uint32_t length, uint32_t sequence) {
    uint8_t *out = payload - JN_ENCAP_READY_BYTES;
    uint32_t total = length + ready->length_add, sum = ready->sum + total; // of two 16-bit numbers: one fold is enough
    uint64_t fields = htobe64((uint64_t)(total & 0xffff) << 48 |
                              (uint64_t)(uint16_t) ~((sum & 0xffff) + (sum >> 16)) << 32 | sequence);
#ifdef __AVX2__
    const __m256i dealt = _mm256_broadcastsi128_si256(_mm_cvtsi64_si128((int64_t)fields));
    for (unsigned int at = 0; at < JN_ENCAP_READY_BYTES; at += 32) {
        __m256i place = _mm256_load_si256((const __m256i *)(const void *)(ready->place + at));
        __m256i same = _mm256_load_si256((const __m256i *)(const void *)(ready->header + at));
        _mm256_storeu_si256((__m256i *)(void *)(out + at), _mm256_or_si256(same, _mm256_shuffle_epi8(dealt, place)));
    }
#elif defined(__SSSE3__)
    const __m128i dealt = _mm_cvtsi64_si128((int64_t)fields);
    for (unsigned int at = 0; at < JN_ENCAP_READY_BYTES; at += 16) {
        __m128i place = _mm_load_si128((const __m128i *)(const void *)(ready->place + at));
        __m128i same = _mm_load_si128((const __m128i *)(const void *)(ready->header + at));
        _mm_storeu_si128((__m128i *)(void *)(out + at), _mm_or_si128(same, _mm_shuffle_epi8(dealt, place)));
    }
#else
    uint8_t bytes[sizeof(fields)];
    memcpy(bytes, &fields, sizeof(bytes));
    for (unsigned int at = 0; at < JN_ENCAP_READY_BYTES; at++)
        out[at] = ready->place[at] == JN_ENCAP_NO_FIELD ? ready->header[at] : bytes[ready->place[at]];
#endif
}
