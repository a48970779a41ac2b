// SPDX-License-Identifier: BSD-3-Clause
// A worker's way out by one port: straight into its transmit queue; what the queue does not take waits, in order, for
// the next round; what finds no room to wait is dropped and counted. What Junction says itself waits apart from packets:
// requests go before them, since a gateway that is not asked looks down; answers after them, so that whoever asks too
// much costs no packet.
#pragma once

#include "core/burst.h"
#include "core/worker.h"
#include "sizes.h"

enum jn_own_kind { JN_OWN_ANSWER, JN_OWN_REQUEST };

enum jn_port_life { JN_PORT_GONE, JN_PORT_DOWN, JN_PORT_UP };

struct rte_ring;

struct jn_tx_aside {
    uint32_t head, tail;
    struct rte_mbuf *mbufs[JN_TX_ASIDE];
};

struct jn_tx {
    // Send up to count mbufs, as rte_eth_tx_burst: how many were taken. NULL: that itself, by the worker's own queue. A
    // replay writes a capture here; a worker that does not own the port's queue hands over to the one that does.
    uint16_t (*transmit)(struct jn_tx *tx, struct rte_mbuf **mbufs, uint16_t count);
    void *context;
    uint16_t port;           // number in the configuration
    uint16_t ethdev, queue;  // DPDK's numbers
    bool segments;           // the port sends chains of buffers. Written by the main thread when it returns, relaxed
    bool no_chains;          // no port receives chains: none is looked for. Written likewise
    bool keeps;              // its driver does not give back what was sent when it is asked to
    uint32_t longest;        // bytes of a frame that the port's driver can take
    struct rte_ring *copies; // not own: mirrored copies for the owner, apart from originals
    struct rte_ring *asides; // not own: answers and requests for the owner
    bool own;                // this worker's own queue, or another worker's: packets are handed over
    const uint8_t *state;    // the port's, written by the main thread: only one that is up is sent to
    uint32_t head, tail;     // of the backlog
    struct jn_tx_aside requests, answers;
    struct rte_mbuf *backlog[JN_TX_BACKLOG];
};

// Send, or put behind what waits already. Takes ownership of all `count` mbufs.
void jn_tx_send(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf **mbufs, unsigned int count);

// Send a frame of Junction's own, or put it aside. Takes ownership; what finds no room is counted as JN_DROP_OWN_FULL.
void jn_tx_send_own(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf *mbuf, enum jn_own_kind kind);

// Such frames, handed over by another worker, of which each tells its kind.
void jn_tx_send_asides(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf **mbufs, unsigned int count);

// Send what the queue takes now, and nothing while originals or requests wait: how many. The rest stays the caller's.
unsigned int jn_tx_try(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf **mbufs, unsigned int count);

// Does the port send chains of buffers? It may have been given another device.
static inline bool
jn_tx_sends_chains(const struct jn_tx *tx) {
    return __atomic_load_n(&tx->segments, __ATOMIC_RELAXED);
}

// Is the port up?
bool jn_tx_usable(const struct jn_tx *tx);

// Try what waits once more. True while anything waits.
bool jn_tx_drain(struct jn_worker *worker, struct jn_tx *tx);

// Have the driver of the worker's own queue give back the buffers of what it has sent: of other ports, some of which may
// have gone. Where it cannot, they are counted in (lib/sizes.h).
void jn_tx_give_back(struct jn_tx *tx);

// Free mbufs and count them as dropped for that reason (enum jn_drop).
void jn_tx_drop(struct jn_worker *worker, struct rte_mbuf **mbufs, unsigned int count, unsigned int reason);

// Frames on their way to a port, sent a burst at a time.
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
