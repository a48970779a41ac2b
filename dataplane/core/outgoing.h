// SPDX-License-Identifier: BSD-3-Clause
// Frames on their way to a port, sent a burst at a time.
#pragma once

#include "core/burst.h"
#include "core/tx.h"

struct jn_outgoing {
    uint16_t port; // of all of them
    unsigned int count;
    struct rte_mbuf *mbufs[JN_BURST];
};

static inline void
jn_outgoing_send(struct jn_worker *worker, struct jn_outgoing *out) {
    if (out->count != 0)
        jn_tx_send(worker, worker->tx[out->port], out->mbufs, out->count);
    out->count = 0;
}

static inline void
jn_outgoing_add(struct jn_worker *worker, struct jn_outgoing *out, uint16_t port, struct rte_mbuf *mbuf) {
    if (port != out->port || out->count == JN_BURST) {
        jn_outgoing_send(worker, out);
        out->port = port;
    }
    out->mbufs[out->count++] = mbuf;
}
