// SPDX-License-Identifier: BSD-3-Clause
// TCP flows that were seen to end, oldest first: each stays a moment longer, so that last acknowledgements and
// retransmissions do not open a new flow.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JN_CLOSING_SLOTS  65536u // power of two
#define JN_CLOSING_LINGER UINT64_C(1000000000)

struct jn_closing_flow {
    uint64_t since_ns;
    uint32_t number, version; // the entry, and which of its flows
};

struct jn_closing {
    struct jn_closing_flow *flows; // JN_CLOSING_SLOTS
    uint32_t head, tail;
};

static inline bool
jn_closing_full(const struct jn_closing *c) {
    return c->head - c->tail == JN_CLOSING_SLOTS;
}

static inline void
jn_closing_push(struct jn_closing *c, uint64_t now_ns, uint32_t number, uint32_t version) {
    c->flows[c->head++ & (JN_CLOSING_SLOTS - 1)] = (struct jn_closing_flow){now_ns, number, version};
}

// The oldest, or NULL when it has not lingered long enough.
static inline const struct jn_closing_flow *
jn_closing_due(const struct jn_closing *c, uint64_t now_ns) {
    const struct jn_closing_flow *oldest = &c->flows[c->tail & (JN_CLOSING_SLOTS - 1)];
    return c->head != c->tail && now_ns - oldest->since_ns >= JN_CLOSING_LINGER ? oldest : NULL;
}
