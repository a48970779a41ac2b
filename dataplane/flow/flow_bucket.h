// SPDX-License-Identifier: BSD-3-Clause
// Inside a bucket of the flow table: where an entry's tag is.
#pragma once

#include <emmintrin.h>

#include "flow/flow_table.h"

static inline uint16_t
jn_flow_hash_tag(uint64_t hash) {
    return (uint16_t)(hash >> 48 | 1);
}

// Bits of the ways that hold the tag; 0: those that are free.
static inline unsigned int
jn_flow_ways_with_tag(const struct jn_flow_bucket *bucket, uint16_t tag) {
    __m128i tags = _mm_load_si128((const __m128i *)bucket->tag);
    __m128i equal = _mm_cmpeq_epi16(tags, _mm_set1_epi16((short)tag));
    return (unsigned int)_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128()));
}
