// SPDX-License-Identifier: BSD-3-Clause
// Bytes of a packet that are still to be read, and the numbers in them, in network order.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byte_span {
    const uint8_t *at;
    size_t left;
};

// Past so many bytes. False, and nothing changes: there are fewer.
static inline bool
byte_span_skip(struct byte_span *span, size_t bytes) {
    if (bytes > span->left)
        return false;
    span->at += bytes;
    span->left -= bytes;
    return true;
}

// The two bytes at `at`, which may be read.
static inline uint16_t
number16(const uint8_t *at) {
    return (uint16_t)(at[0] << 8 | at[1]);
}
