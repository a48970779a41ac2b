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

// The same of IPv6: 80 bytes, between fd00:80::/32 and 2001:db8::/32.
static inline uint32_t
bench_ipv6(uint32_t number, uint8_t *out) {
    enum { PAYLOAD = 18 };
    uint32_t flow = number * 2654435761u % 65536;
    uint8_t *p = out;
    memset(p, 0, 14 + 40 + 8 + PAYLOAD);
    memcpy(p, "\2\0\0\0\0\x0b\2\0\0\0\0\x0a", 12);
    jn_put_be16(p + 12, JN_ETHER_IPV6);
    p += 14;
    p[0] = 0x60;
    jn_put_be16(p + 4, 8 + PAYLOAD);
    p[6] = 17;
    p[7] = 64;
    jn_put_be32(p + 8, 0xfd000080);
    jn_put_be32(p + 20, flow);
    jn_put_be32(p + 24, 0x20010db8);
    jn_put_be32(p + 36, flow % 251);
    p += 40;
    jn_put_be16(jn_put_be16(p, (uint16_t)(10000 + flow % 7)), 53);
    jn_put_be16(p + 4, 8 + PAYLOAD);
    return (uint32_t)(p - out) + 8 + PAYLOAD;
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

// What nine in ten of the values are above. Sorts them.
static inline double
bench_best(uint32_t *values, size_t count) {
    qsort(values, count, sizeof(*values), bench_ascending);
    return values[count / 10];
}
