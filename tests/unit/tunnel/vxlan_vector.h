// SPDX-License-Identifier: BSD-3-Clause
// The shape of the tables in vxlan_vectors.h, and bytes out of them. Included behind cmocka.h.
#pragma once

#include "hex.h"
#include "packet/headers.h"
#include "test.h"
#include "tunnel/mss.h"
#include "tunnel/vxlan.h"

struct bytes_vector {
    uint32_t length; // zero bytes beyond the digits
    const char *hex;
};

struct send_vector {
    const char *what;
    struct jn_vxlan_settings settings;
    bool whole_frame;
    uint32_t hash;
    uint16_t type;
    struct bytes_vector payload, header;
};

struct return_vector {
    const char *what;
    bool zero_checksum_ipv6;
    enum jn_vxlan_outcome outcome;
    uint32_t offset, length; // of the inner frame
    bool group;
    struct bytes_vector frame;
};

struct mss_vector {
    const char *what;
    uint32_t mtu;
    enum jn_mss_outcome outcome;
    struct bytes_vector before, after;
};

struct too_big_vector {
    const char *what;
    uint32_t mtu;
    struct bytes_vector frame, answer; // answer of length 0: none
};

struct inner_fragment_vector {
    const char *what;
    uint32_t mtu;
    struct bytes_vector packet;
    uint32_t count;
    struct bytes_vector fragments[4];
};

static inline void
vector_decode(const struct bytes_vector *bytes, uint8_t *out) {
    memset(out, 0, bytes->length);
    hex_decode(bytes->hex, out);
}

// In memory of exactly its size, so that a step beyond it is seen.
static inline uint8_t *
vector_bytes(const struct bytes_vector *bytes) {
    uint8_t *out = malloc(bytes->length != 0 ? bytes->length : 1);
    if (out == NULL)
        abort();
    vector_decode(bytes, out);
    return out;
}

static inline void
vector_same(const char *what, const uint8_t *found, const struct bytes_vector *wanted) {
    uint8_t *bytes = vector_bytes(wanted);
    for (uint32_t i = 0; i < wanted->length; i++)
        if (found[i] != bytes[i])
            fail_msg("%s: byte %u: expected 0x%02x, found 0x%02x", what, i, bytes[i], found[i]);
    free(bytes);
}

// A copy of the first `length` bytes in memory of exactly that size.
static inline uint8_t *
vector_cut(const uint8_t *bytes, uint32_t length) {
    uint8_t *out = malloc(length != 0 ? length : 1);
    if (out == NULL)
        abort();
    memcpy(out, bytes, length);
    return out;
}
