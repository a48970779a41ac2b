// SPDX-License-Identifier: BSD-3-Clause
// TCP flows that ended by FIN of both sides or by RST, oldest first. Each lingers for a second: last acknowledgements
// and retransmissions must not begin a new flow.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JN_TCP_LINGER_MAX 65536u // power of two
#define JN_TCP_LINGER_NS  UINT64_C(1000000000)

struct jn_tcp_lingering {
    uint64_t since_ns;
    uint32_t flow_idx, version; // the entry, and which of its flows
};

struct jn_tcp_linger {
    struct jn_tcp_lingering *flows; // JN_TCP_LINGER_MAX
    uint32_t head, tail;
};

static inline bool
jn_tcp_linger_full(const struct jn_tcp_linger *c) {
    return c->head - c->tail == JN_TCP_LINGER_MAX;
}

static inline void
jn_tcp_linger_push(struct jn_tcp_linger *c, uint64_t now_ns, uint32_t flow_idx, uint32_t version) {
    c->flows[c->head++ & (JN_TCP_LINGER_MAX - 1)] = (struct jn_tcp_lingering){now_ns, flow_idx, version};
}

// The oldest, or NULL when it has not lingered long enough.
static inline const struct jn_tcp_lingering *
jn_tcp_linger_due(const struct jn_tcp_linger *c, uint64_t now_ns) {
    const struct jn_tcp_lingering *oldest = &c->flows[c->tail & (JN_TCP_LINGER_MAX - 1)];
    return c->head != c->tail && now_ns - oldest->since_ns >= JN_TCP_LINGER_NS ? oldest : NULL;
}
