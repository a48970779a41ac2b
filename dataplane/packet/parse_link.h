// SPDX-License-Identifier: BSD-3-Clause
// Inside the parser: a cursor over a frame, and the step from link layer to IP.
#pragma once

#include "drop.h"
#include "packet/bytes.h"
#include "packet/packet.h"

struct cursor {
    const uint8_t *data;
    uint32_t length; // what may be read; a packet's own length may set it before `at`
    uint32_t at;
};

static inline bool
has(const struct cursor *c, uint32_t bytes) {
    return (uint64_t)c->at + bytes <= c->length;
}
static inline const uint8_t *
here(const struct cursor *c) {
    return c->data + c->at;
}
static inline void
add_exception(struct jn_packet *p, enum jn_exception n) {
    p->exceptions |= 1u << n;
}

// Walk link headers and tags; true with the cursor at an IP header and `*version` the one announced (0: by its nibble).
bool jn_parse_link(struct cursor *c, enum jn_link_type link_type, struct jn_packet *packet, unsigned int *version);
