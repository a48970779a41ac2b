// SPDX-License-Identifier: BSD-3-Clause
// Big-endian fields at any address, read and written.
#pragma once

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t
jn_be16(const uint8_t *at) {
    uint16_t big;
    memcpy(&big, at, sizeof(big));
    return be16toh(big);
}

static inline uint32_t
jn_be32(const uint8_t *at) {
    uint32_t big;
    memcpy(&big, at, sizeof(big));
    return be32toh(big);
}

// The writers return the place behind what they wrote.
static inline uint8_t *
jn_put_be16(uint8_t *at, uint32_t value) {
    uint16_t big = htobe16((uint16_t)value);
    memcpy(at, &big, sizeof(big));
    return at + sizeof(big);
}

static inline uint8_t *
jn_put_be32(uint8_t *at, uint32_t value) {
    uint32_t big = htobe32(value);
    memcpy(at, &big, sizeof(big));
    return at + sizeof(big);
}

static inline uint8_t *
jn_put(uint8_t *at, const void *bytes, size_t length) {
    memcpy(at, bytes, length);
    return at + length;
}
