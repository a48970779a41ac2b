// SPDX-License-Identifier: BSD-3-Clause
// Inside the parser: a cursor over a frame, and the step from link layer to IP.
#pragma once

#include "drop.h"
#include "parse.h"

struct cursor {
    const uint8_t *data;
    uint32_t length;
    uint32_t at;
};

static inline bool
has(const struct cursor *c, uint32_t bytes) {
    return c->length - c->at >= bytes;
}
static inline const uint8_t *
here(const struct cursor *c) {
    return c->data + c->at;
}
static inline uint16_t
be16(const uint8_t *p) {
    return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t
be32(const uint8_t *p) {
    return (uint32_t)be16(p) << 16 | be16(p + 2);
}
static inline void
notice(struct jn_packet *p, enum jn_notice n) {
    p->notices |= 1u << n;
}

// Walk link headers and tags; true with the cursor at an IP header and `*version` the one announced (0: by its nibble).
bool jn_parse_link(struct cursor *c, enum jn_link link, struct jn_packet *packet, unsigned int *version);
