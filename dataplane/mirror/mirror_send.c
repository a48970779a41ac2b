// SPDX-License-Identifier: BSD-3-Clause
// Copies leave after the originals, and never wait: what the tunnel port does not take at once is lost under a name.
#include "mirror/mirror_send.h"

#include <string.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "flow/flow_state.h"
#include "policy/mirror_peer.h"
#include "policy/ruleset.h"

#define MORE_OF_A_COPY (UINT32_C(1) << 31) // in the word that a handed-over copy carries: a further fragment

static void
book(struct jn_worker *worker, const struct jn_copy *copies, unsigned int count, const uint32_t *bytes) {
    const struct jn_mirror_peer *to = copies->to;
    struct jn_peer_counters *counters = &worker->mirror->counters[to->number];
    uint64_t frames = 0, all = 0;
    for (unsigned int i = 0; i < count; i++) {
        all += bytes[i];
        frames += copies[i].flow != JN_FLOW_FRAGMENT;
        if (copies[i].flow < JN_FLOW_FRAGMENT)
            worker->flow->copies[copies[i].flow][to->peer->place]++;
    }
    jn_count(&counters->frames, frames);
    jn_count(&counters->bytes, all);
}

static void
lose(struct jn_worker *worker, const struct jn_copy *copies, unsigned int count, bool down) {
    uint64_t frames = 0;
    for (unsigned int i = 0; i < count; i++) {
        frames += copies[i].flow != JN_FLOW_FRAGMENT;
        rte_pktmbuf_free(copies[i].mbuf);
    }
    jn_count(&worker->mirror->counters[copies->to->number].lost[down ? JN_COPY_DOWN : JN_COPY_TX_FULL], frames);
}

// The port's queue is another worker's: it sends and counts, by the number that the copy carries. What the ring does not
// take is lost here.
static void
hand_over(struct jn_worker *worker, struct jn_tx *tx, const struct jn_copy *copies, unsigned int count) {
    struct rte_mbuf *mbufs[JN_BURST];
    for (unsigned int i = 0; i < count; i++) {
        mbufs[i] = copies[i].mbuf;
        mbufs[i]->hash.usr = copies->to->number | (copies[i].flow == JN_FLOW_FRAGMENT ? MORE_OF_A_COPY : 0);
    }
    unsigned int taken = jn_tx_usable(tx) ? rte_ring_sp_enqueue_burst(tx->copies, (void **)mbufs, count, NULL) : 0;
    for (unsigned int i = 0; i < taken; i++)
        if (copies[i].flow < JN_FLOW_FRAGMENT)
            worker->flow->copies[copies[i].flow][copies->to->peer->place]++;
    if (taken < count)
        lose(worker, copies + taken, count - taken, !jn_tx_usable(tx));
}

void
jn_mirror_send_for(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf **mbufs, unsigned int count) {
    uint32_t number[JN_BURST], bytes[JN_BURST];
    for (unsigned int i = 0; i < count; i++) {
        number[i] = mbufs[i]->hash.usr;
        bytes[i] = rte_pktmbuf_pkt_len(mbufs[i]);
    }
    unsigned int sent = jn_tx_try(worker, tx, mbufs, count);
    enum jn_copy_loss why = jn_tx_usable(tx) ? JN_COPY_TX_FULL : JN_COPY_DOWN;
    for (unsigned int i = 0; i < count; i++) {
        struct jn_peer_counters *counters = &worker->mirror->counters[number[i] & ~MORE_OF_A_COPY];
        uint64_t frame = (number[i] & MORE_OF_A_COPY) == 0;
        if (i < sent) {
            jn_count(&counters->frames, frame);
            jn_count(&counters->bytes, bytes[i]);
        } else {
            jn_count(&counters->lost[why], frame);
            rte_pktmbuf_free(mbufs[i]);
        }
    }
}

// One peer's copies, at most a burst.
static void
send_run(struct jn_worker *worker, const struct jn_copy *copies, unsigned int count) {
    struct jn_tx *tx = worker->tx[copies->to->port];
    struct rte_mbuf *mbufs[JN_BURST];
    uint32_t bytes[JN_BURST];
    if (!tx->own) {
        hand_over(worker, tx, copies, count);
        return;
    }
    for (unsigned int i = 0; i < count; i++) {
        mbufs[i] = copies[i].mbuf;
        bytes[i] = rte_pktmbuf_pkt_len(copies[i].mbuf);
    }
    unsigned int sent = jn_tx_try(worker, tx, mbufs, count);
    if (sent != 0)
        book(worker, copies, sent, bytes);
    if (sent < count)
        lose(worker, copies + sent, count - sent, !jn_tx_usable(tx));
}

void
jn_mirror_send_copies(struct jn_worker *worker) {
    struct jn_mirror *mirror = worker->mirror;
    for (unsigned int done = 0; done < mirror->copy_count;) {
        const struct jn_copy *run = &mirror->copies[done];
        unsigned int count = 1;
        while (count < JN_BURST && done + count < mirror->copy_count && run[count].to == run->to)
            count++;
        send_run(worker, run, count);
        done += count;
    }
    mirror->copy_count = 0;
}

// Do copies made for the one still reach it as the other?
static bool
is_same(const struct jn_mirror_peer *a, const struct jn_mirror_peer *b) {
    return a != NULL && b != NULL && a->next_hop == b->next_hop && a->peer->family == b->peer->family &&
           memcmp(a->peer->address, b->peer->address, sizeof(a->peer->address)) == 0;
}

void
jn_mirror_drop_held(struct jn_worker *worker, unsigned int number) {
    struct jn_mirror_state *state = &worker->mirror->state[number];
    jn_count(&worker->mirror->counters[number].lost[JN_COPY_UNRESOLVED], state->held_count);
    rte_pktmbuf_free_bulk(state->held, state->held_count);
    worker->mirror->held_peers -= state->held_count != 0;
    state->held_count = 0;
}

// Counters start anew with another peer in the same place.
static void
meet(struct jn_worker *worker, unsigned int number, const struct jn_peer *peer) {
    struct jn_mirror_state *state = &worker->mirror->state[number];
    if (state->family == peer->family && memcmp(state->address, peer->address, sizeof(state->address)) == 0)
        return;
    state->family = peer->family;
    memcpy(state->address, peer->address, sizeof(state->address));
    memset(&worker->mirror->counters[number], 0, sizeof(worker->mirror->counters[number]));
}

void
jn_mirror_meet(struct jn_worker *worker, const struct jn_ruleset *next) {
    for (unsigned int number = 0; number < next->slots * JN_VPG_PEERS; number++)
        if (next->mirror[number] != NULL)
            meet(worker, number, next->mirror[number]->peer);
}

void
jn_mirror_forget(struct jn_worker *worker, const struct jn_ruleset *next) {
    for (unsigned int number = 0; number < worker->rules->slots * JN_VPG_PEERS; number++) {
        struct jn_mirror_state *state = &worker->mirror->state[number];
        if (state->held_count == 0 || is_same(worker->rules->mirror[number], next->mirror[number]))
            continue;
        jn_mirror_drop_held(worker, number);
    }
}
