// SPDX-License-Identifier: BSD-3-Clause
#include "annotations.h"

#include <errno.h>
#include <stdio.h>

#include "contract.h"

size_t
jn_annotations_size(unsigned int threads) {
    return sizeof(struct jn_annotations_region) + (size_t)threads * JN_ANNOTATIONS * sizeof(struct jn_annotation);
}

void
jn_annotations_init(struct jn_annotations_region *region, unsigned int threads) {
    jn_require_always(threads >= 1 && threads <= JN_CLASSIFY_THREADS);
    region->ring_count = threads;
    for (unsigned int t = 0; t < threads; t++) {
        region->rings[t].offset = jn_annotations_size(t);
        region->rings[t].capacity = JN_ANNOTATIONS;
    }
}

int
jn_annotations_check(const struct jn_annotations_region *region, size_t size, char err[JN_ERR_MAX]) {
    if (size < sizeof(*region) || region->ring_count == 0 || region->ring_count > JN_CLASSIFY_THREADS) {
        snprintf(err, JN_ERR_MAX, "annotations region: expected 1 to %u rings", JN_CLASSIFY_THREADS);
        return -EPROTO;
    }
    for (unsigned int t = 0; t < region->ring_count && t < JN_CLASSIFY_THREADS; t++) {
        const struct jn_annotation_ring *ring = &region->rings[t];
        if (ring->capacity == JN_ANNOTATIONS &&
            jn_region_holds(size, sizeof(*region), ring->offset, JN_ANNOTATIONS, sizeof(struct jn_annotation)))
            continue;
        snprintf(err, JN_ERR_MAX, "annotations region: ring %u: annotations lie outside the region", t);
        return -EPROTO;
    }
    return 0;
}

size_t
jn_annotated_size(uint32_t capacity) {
    return sizeof(struct jn_annotated_region) + (size_t)capacity * sizeof(struct jn_annotated_flow);
}

int
jn_annotated_check(const struct jn_annotated_region *region, size_t size, char err[JN_ERR_MAX]) {
    uint32_t capacity = size < sizeof(*region) ? 0 : region->capacity;
    if (capacity >= JN_ANNOTATED_WAYS && capacity <= JN_ANNOTATED_FLOWS && (capacity & (capacity - 1)) == 0 &&
        jn_annotated_size(capacity) <= size)
        return 0;
    snprintf(err, JN_ERR_MAX, "annotated region: expected a power of two of flows that fit into it");
    return -EPROTO;
}

uint32_t
jn_annotated_set(uint32_t capacity, uint64_t boot, uint8_t worker, const struct jn_flow_identity *flow) {
    uint64_t h = (boot ^ flow->version) * UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ (h >> 29) ^ ((uint64_t)flow->flow_idx << 8 | worker)) * UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(h >> 32) & (capacity - 1) & ~(JN_ANNOTATED_WAYS - 1);
}

bool
jn_annotated_next(const struct jn_annotated_flow *kept, size_t *at, uint8_t *kind, const char **text, size_t *length) {
    size_t end = kept->length <= JN_ANNOTATED_BYTES ? kept->length : 0;
    if (*at + JN_ANNOTATED_HEAD > end || *at + JN_ANNOTATED_HEAD + kept->texts[*at + 1] > end)
        return false;
    *kind = kept->texts[*at];
    *length = kept->texts[*at + 1];
    *text = (const char *)&kept->texts[*at + JN_ANNOTATED_HEAD];
    *at += JN_ANNOTATED_HEAD + *length;
    return true;
}

unsigned int
jn_annotation_most(unsigned int kind) {
    switch (kind) {
#define X(id, number, bytes, most, name, field)                                                                        \
    case number: return bytes;
        JN_ANNOTATION_KINDS(X)
#undef X
    default: return 0;
    }
}

// Its bytes, or 0 when there is none that is right.
static unsigned int
take_character(const uint8_t *at, size_t left, uint32_t *point) {
    unsigned int bytes = at[0] < 0x80                    ? 1
                         : at[0] >= 0xc2 && at[0] < 0xe0 ? 2
                         : (at[0] & 0xf0) == 0xe0        ? 3
                         : at[0] >= 0xf0 && at[0] < 0xf5 ? 4
                                                         : 0;
    if (bytes == 0 || bytes > left)
        return 0;
    *point = bytes == 1 ? at[0] : at[0] & (0x7fu >> bytes);
    for (unsigned int i = 1; i < bytes; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        *point = *point << 6 | (at[i] & 0x3fu);
    }
    bool too_long = (bytes == 3 && *point < 0x800) || (bytes == 4 && *point < 0x10000);
    return too_long || *point > 0x10ffff || (*point >= 0xd800 && *point < 0xe000) ? 0 : bytes;
}

static bool
is_control(uint32_t point) {
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c || point == 0x200e || point == 0x200f ||
           (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

unsigned int
jn_annotation_character(const uint8_t *at, size_t left, bool *allowed) {
    uint32_t point = 0;
    unsigned int bytes = take_character(at, left, &point);
    *allowed = bytes != 0 && !is_control(point);
    return bytes;
}

bool
jn_annotation_is_sound(unsigned int kind, const char *text, size_t length) {
    const uint8_t *at = (const uint8_t *)text;
    if (length == 0 || length > jn_annotation_most(kind))
        return false;
    for (size_t i = 0; i < length;) {
        bool allowed;
        unsigned int bytes = jn_annotation_character(at + i, length - i, &allowed);
        if (!allowed)
            return false;
        i += bytes;
    }
    return true;
}
