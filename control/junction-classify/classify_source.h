// SPDX-License-Identifier: BSD-3-Clause
// Whose samples are looked at, and whether the exporter takes texts: what threads know of other processes' regions. All that
// lays memory out is a private copy, checked once; what the others write on is behind pointers.
#pragma once

#include "annotations.h"

struct classify_source_ring {
    const struct jn_sample_ring *shared; // head, and what the worker has taken of our answers
    const struct jn_sample *samples;
    uint32_t capacity; // a power of two
};

struct classify_source {
    uint64_t boot, life; // of the samples region: another one of either has other flows
    uint64_t records_boot;
    bool waits; // a replay: what finds a ring full waits, on both sides
    unsigned int worker_count;
    struct classify_source_ring rings[JN_MAX_WORKERS];
    const struct jn_annotated_region *annotated; // NULL: no exporter takes texts
};

// Check a samples region of `size` bytes, by a copy: whoever wrote it may change it meanwhile. 0, or -EPROTO with a sentence
// in err. annotated is left alone.
int classify_source_take(struct classify_source *source, const struct jn_samples_region *region, size_t size,
                         char err[JN_ERR_MAX]);

// Is the region still the one that was taken, of the same life?
bool classify_source_is(const struct classify_source *source, const struct jn_samples_region *region);
