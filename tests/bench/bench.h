// SPDX-License-Identifier: BSD-3-Clause
// What the benchmarks have in common: the frames of their flows, and the median of their passes.
#pragma once

#include <stdlib.h>

#include "../rig/frame.h"

// The 60-byte frame of UDP of one of 65536 flows; neighbouring numbers are flows far apart.
static inline uint32_t
bench_frame(uint32_t number, uint8_t *out) {
    uint32_t flow = number * 2654435761u % 65536;
    struct frame_spec s = {.source = 0x0a800000 + flow,
                           .destination = 0xc6120000 + flow % 251,
                           .protocol = 17,
                           .source_port = (uint16_t)(10000 + flow % 7),
                           .destination_port = 53,
                           .payload = 18};
    return frame_build(&s, out);
}

static inline int
bench_ascending(const void *a, const void *b) {
    return (*(const uint32_t *)a > *(const uint32_t *)b) - (*(const uint32_t *)a < *(const uint32_t *)b);
}

// Sorts the values.
static inline double
bench_median(uint32_t *values, size_t count) {
    qsort(values, count, sizeof(*values), bench_ascending);
    return values[count / 2];
}
