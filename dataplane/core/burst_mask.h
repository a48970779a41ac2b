// SPDX-License-Identifier: BSD-3-Clause
// Which packets of a burst: bit i for packet i, of one value each. What lies behind `count` is read and not believed.
#pragma once

#include "core/burst.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline uint64_t
jn_burst_all(unsigned int count) {
    return count < JN_BURST ? (UINT64_C(1) << count) - 1 : UINT64_MAX;
}

// Those whose jn_packet is written. Of all others there was nothing to notice.
static inline uint64_t
jn_burst_written(const struct jn_burst *burst) {
    return jn_burst_all(burst->count) & ~burst->columns.unwritten;
}

// Those whose value, as far as `looked_at` covers it, is `wanted`.
static inline uint64_t
jn_burst_mask(const uint16_t values[JN_BURST], unsigned int count, uint16_t looked_at, uint16_t wanted) {
    uint64_t mask = 0;
#ifdef __SSE2__
    const __m128i bits = _mm_set1_epi16((int16_t)looked_at), want = _mm_set1_epi16((int16_t)wanted);
    for (unsigned int i = 0; i < count; i += 16) {
        const __m128i *at = (const __m128i *)(const void *)(values + i);
        __m128i low = _mm_cmpeq_epi16(_mm_and_si128(_mm_loadu_si128(at), bits), want);
        __m128i high = _mm_cmpeq_epi16(_mm_and_si128(_mm_loadu_si128(at + 1), bits), want);
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_packs_epi16(low, high)) << i;
    }
#else
    for (unsigned int i = 0; i < count; i++)
        mask |= (uint64_t)((values[i] & looked_at) == wanted) << i;
#endif
    return mask & jn_burst_all(count);
}

// The same of values of 32 bits.
static inline uint64_t
jn_burst_mask32(const uint32_t values[JN_BURST], unsigned int count, uint32_t looked_at, uint32_t wanted) {
    uint64_t mask = 0;
#ifdef __SSE2__
    const __m128i bits = _mm_set1_epi32((int32_t)looked_at), want = _mm_set1_epi32((int32_t)wanted);
    for (unsigned int i = 0; i < count; i += 16) {
        __m128i equal[4];
        for (unsigned int n = 0; n < 4; n++) {
            __m128i four = _mm_loadu_si128((const __m128i *)(const void *)(values + i + 4 * n));
            equal[n] = _mm_cmpeq_epi32(_mm_and_si128(four, bits), want);
        }
        __m128i bytes = _mm_packs_epi16(_mm_packs_epi32(equal[0], equal[1]), _mm_packs_epi32(equal[2], equal[3]));
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(bytes) << i;
    }
#else
    for (unsigned int i = 0; i < count; i++)
        mask |= (uint64_t)((values[i] & looked_at) == wanted) << i;
#endif
    return mask & jn_burst_all(count);
}
