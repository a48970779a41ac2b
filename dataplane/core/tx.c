// SPDX-License-Identifier: BSD-3-Clause
#include "core/tx.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

void
jn_tx_give_back(struct jn_tx *tx) {
    if (tx->keeps || !tx->own || tx->transmit != NULL || !jn_tx_usable(tx))
        return;
    tx->keeps = rte_eth_tx_done_cleanup(tx->ethdev, tx->queue, 0) < 0;
}

void
jn_tx_drop(struct jn_worker *worker, struct rte_mbuf **mbufs, unsigned int count, unsigned int reason) {
    if (count == 0)
        return;
    jn_count(&worker->counters->drops[reason], count);
    rte_pktmbuf_free_bulk(mbufs, count);
}

// What the port does not send is counted at the port as well.
static void
drop_at_port(struct jn_worker *worker, const struct jn_tx *tx, struct rte_mbuf **mbufs, unsigned int count,
             unsigned int reason) {
    jn_count(&worker->counters->ports[tx->port].tx_dropped, count);
    jn_tx_drop(worker, mbufs, count, reason);
}

static uint64_t
bytes_of(struct rte_mbuf **mbufs, unsigned int count) {
    uint64_t bytes = 0;
    for (unsigned int i = 0; i < count; i++)
        bytes += rte_pktmbuf_pkt_len(mbufs[i]);
    return bytes;
}

static inline unsigned int
give(struct jn_tx *tx, struct rte_mbuf **mbufs, unsigned int count) {
    return tx->transmit == NULL ? rte_eth_tx_burst(tx->ethdev, tx->queue, mbufs, (uint16_t)count)
                                : tx->transmit(tx, mbufs, (uint16_t)count);
}

// Lengths are read before sending: afterwards the mbufs are the driver's, but for those that it did not take.
// Not inline: with a count of one gcc takes it for possible that more are sent than were given.
__attribute__((noinline)) static unsigned int
transmit(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf **mbufs, unsigned int count) {
    struct jn_port_counters *counters = &worker->counters->ports[tx->port];
    if (!tx->own)
        return give(tx, mbufs, count); // the owner counts
    uint64_t bytes = bytes_of(mbufs, count);
    unsigned int sent = give(tx, mbufs, count);
    if (__builtin_expect(sent < count, 0))
        bytes -= bytes_of(mbufs + sent, count - sent);
    jn_count(&counters->tx_packets, sent);
    jn_count(&counters->tx_bytes, bytes);
    jn_count(&worker->counters->tx_packets, sent);
    return sent;
}

static void
wait_in_line(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf **mbufs, unsigned int count) {
    unsigned int room = JN_TX_BACKLOG - (tx->head - tx->tail), taken = count < room ? count : room;
    for (unsigned int i = 0; i < taken; i++)
        tx->backlog[tx->head++ & (JN_TX_BACKLOG - 1)] = mbufs[i];
    if (taken == count)
        return;
    drop_at_port(worker, tx, mbufs + taken, count - taken, JN_DROP_TX_FULL);
}

bool
jn_tx_usable(const struct jn_tx *tx) {
    return __atomic_load_n(tx->state, __ATOMIC_RELAXED) == JN_PORT_UP;
}

// The frame in one buffer, of the pool that has room for the longest. NULL: it was dropped, and counted.
static __attribute__((noinline)) struct rte_mbuf *
in_one_piece(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf *chain) {
    struct rte_mbuf *whole = rte_pktmbuf_copy(chain, worker->own_frames, 0, UINT32_MAX);
    if (whole == NULL || whole->nb_segs != 1) {
        drop_at_port(worker, tx, &chain, 1, whole == NULL ? JN_DROP_NO_MBUF : JN_DROP_TOO_LONG);
        rte_pktmbuf_free(whole);
        return NULL;
    }
    rte_pktmbuf_free(chain);
    return whole;
}

// A driver that copies frames (AF_XDP) trusts that they fit, and one that cannot chain buffers looks at the first alone.
static unsigned int
fit(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf **mbufs, unsigned int count) {
    unsigned int kept = 0;
    for (unsigned int i = 0; i < count; i++) {
        struct rte_mbuf *mbuf = mbufs[i];
        if (rte_pktmbuf_pkt_len(mbuf) > tx->longest)
            drop_at_port(worker, tx, &mbuf, 1, JN_DROP_TOO_LONG);
        else if (mbuf->nb_segs == 1 || jn_tx_sends_chains(tx) || (mbuf = in_one_piece(worker, tx, mbuf)) != NULL)
            mbufs[kept++] = mbuf;
    }
    return kept;
}

// True while some still wait.
static bool
drain_aside(struct jn_worker *worker, struct jn_tx *tx, struct jn_tx_aside *aside) {
    while (aside->head != aside->tail) {
        unsigned int at = aside->tail & (JN_TX_ASIDE - 1), count = aside->head - aside->tail;
        if (count > JN_TX_ASIDE - at)
            count = JN_TX_ASIDE - at;
        unsigned int sent = jn_tx_usable(tx) ? transmit(worker, tx, &aside->mbufs[at], count) : count;
        if (!jn_tx_usable(tx))
            drop_at_port(worker, tx, &aside->mbufs[at], count, JN_DROP_TX_DOWN);
        aside->tail += sent;
        if (sent < count)
            return true;
    }
    return false;
}

void
jn_tx_send(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf **mbufs, unsigned int count) {
    if (__builtin_expect(!jn_tx_usable(tx), 0)) {
        drop_at_port(worker, tx, mbufs, count, JN_DROP_TX_DOWN);
        return;
    }
    if (tx->own &&
        (tx->longest != UINT32_MAX || (!jn_tx_sends_chains(tx) && !__atomic_load_n(&tx->no_chains, __ATOMIC_RELAXED))))
        count = fit(worker, tx, mbufs, count);
    if (count == 0)
        return;
    if (__builtin_expect(tx->requests.head != tx->requests.tail, 0))
        drain_aside(worker, tx, &tx->requests);
    unsigned int sent = tx->head == tx->tail ? transmit(worker, tx, mbufs, count) : 0;
    if (sent < count)
        wait_in_line(worker, tx, mbufs + sent, count - sent);
}

// A ring that is half full has no room for answers.
static void
hand_over_own(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf *mbuf, enum jn_own_kind kind) {
    mbuf->hash.usr = kind;
    bool room = kind == JN_OWN_REQUEST || rte_ring_count(tx->asides) < rte_ring_get_capacity(tx->asides) / 2;
    if (!room || rte_ring_sp_enqueue(tx->asides, mbuf) != 0)
        drop_at_port(worker, tx, &mbuf, 1, JN_DROP_OWN_FULL);
}

void
jn_tx_send_own(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf *mbuf, enum jn_own_kind kind) {
    struct jn_tx_aside *aside = kind == JN_OWN_REQUEST ? &tx->requests : &tx->answers;
    bool waits = tx->requests.head != tx->requests.tail;
    if (kind == JN_OWN_ANSWER)
        waits |= tx->answers.head != tx->answers.tail || tx->head != tx->tail;
    if (!jn_tx_usable(tx))
        drop_at_port(worker, tx, &mbuf, 1, JN_DROP_TX_DOWN);
    else if (!tx->own)
        hand_over_own(worker, tx, mbuf, kind);
    else if (fit(worker, tx, &mbuf, 1) == 0 || (!waits && transmit(worker, tx, &mbuf, 1) == 1))
        return;
    else if (aside->head - aside->tail < JN_TX_ASIDE)
        aside->mbufs[aside->head++ & (JN_TX_ASIDE - 1)] = mbuf;
    else
        drop_at_port(worker, tx, &mbuf, 1, JN_DROP_OWN_FULL);
}

void
jn_tx_send_asides(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf **mbufs, unsigned int count) {
    for (unsigned int i = 0; i < count; i++)
        jn_tx_send_own(worker, tx, mbufs[i], mbufs[i]->hash.usr == JN_OWN_REQUEST ? JN_OWN_REQUEST : JN_OWN_ANSWER);
}

unsigned int
jn_tx_try(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf **mbufs, unsigned int count) {
    if (!jn_tx_usable(tx) || tx->head != tx->tail || tx->requests.head != tx->requests.tail)
        return 0;
    bool chains = jn_tx_sends_chains(tx);
    unsigned int fitting = 0; // up to the first that the port cannot take: the caller books the rest
    while (fitting < count && rte_pktmbuf_pkt_len(mbufs[fitting]) <= tx->longest &&
           (mbufs[fitting]->nb_segs == 1 || chains))
        fitting++;
    return fitting != 0 ? transmit(worker, tx, mbufs, fitting) : 0;
}

static bool
drain_backlog(struct jn_worker *worker, struct jn_tx *tx) {
    while (tx->head != tx->tail) {
        unsigned int at = tx->tail & (JN_TX_BACKLOG - 1), count = tx->head - tx->tail;
        if (count > JN_TX_BACKLOG - at)
            count = JN_TX_BACKLOG - at;
        if (count > JN_BURST)
            count = JN_BURST;
        if (!jn_tx_usable(tx)) {
            drop_at_port(worker, tx, &tx->backlog[at], count, JN_DROP_TX_DOWN);
            tx->tail += count;
            continue;
        }
        unsigned int sent = transmit(worker, tx, &tx->backlog[at], count);
        tx->tail += sent;
        if (sent < count)
            return true;
    }
    return false;
}

bool
jn_tx_drain(struct jn_worker *worker, struct jn_tx *tx) {
    if (tx->requests.head == tx->requests.tail && tx->head == tx->tail && tx->answers.head == tx->answers.tail)
        return false;
    return drain_aside(worker, tx, &tx->requests) || drain_backlog(worker, tx) || drain_aside(worker, tx, &tx->answers);
}
