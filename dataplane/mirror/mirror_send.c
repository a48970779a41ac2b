// SPDX-License-Identifier: BSD-3-Clause
// Copies are sent after the originals and never wait: what the tunnel port does not take at once is dropped and
// counted.
#include "mirror/mirror_send.h"

#include <string.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "flow/flow_state.h"

#define MORE_OF_A_COPY (UINT32_C(1) << 31) // in the word that a handed-over copy carries: a further fragment

// Of the copies from `first` on, all of one peer.
static void
count_flows(struct jn_worker *worker, unsigned int first, unsigned int count) {
    const uint32_t *flows = worker->mirror->copies.flow + first;
    unsigned int peer_idx = worker->mirror->copies.to[first]->peer->peer_idx;
    uint32_t(*copies)[JN_VPG_PEERS] = worker->flow->copies;
    for (unsigned int i = 0; i < count; i++)
        if (flows[i] < JN_FLOW_FRAGMENT)
            copies[flows[i]][peer_idx]++;
}

static uint64_t
frames_of(const struct jn_copies *copies, unsigned int first, unsigned int count) {
    uint64_t frames = 0;
    for (unsigned int i = first; i < first + count; i++)
        frames += copies->flow[i] != JN_FLOW_FRAGMENT;
    return frames;
}

static void
count_copies(struct jn_worker *worker, unsigned int first, unsigned int count) {
    const struct jn_copies *copies = &worker->mirror->copies;
    struct jn_peer_counters *counters = &worker->mirror->counters[copies->to[first]->mirror_idx];
    uint64_t bytes = 0;
    for (unsigned int i = first; i < first + count; i++)
        bytes += copies->bytes[i];
    jn_count(&counters->frames, frames_of(copies, first, count));
    jn_count(&counters->bytes, bytes);
    count_flows(worker, first, count);
}

static void
free_dropped(struct jn_worker *worker, unsigned int first, unsigned int count, bool down) {
    const struct jn_copies *copies = &worker->mirror->copies;
    for (unsigned int i = first; i < first + count; i++)
        rte_pktmbuf_free(copies->mbuf[i]);
    struct jn_peer_counters *counters = &worker->mirror->counters[copies->to[first]->mirror_idx];
    jn_count(&counters->drops[down ? JN_COPY_DROP_DOWN : JN_COPY_DROP_TX_FULL], frames_of(copies, first, count));
}

// Another worker owns the port's queue: it sends and counts, by the mirror index that the copy carries. What the ring
// does not take is dropped here.
static unsigned int
hand_over_copies(struct jn_worker *worker, struct jn_tx *tx, unsigned int first, unsigned int count) {
    struct jn_copies *copies = &worker->mirror->copies;
    for (unsigned int i = first; i < first + count; i++)
        copies->mbuf[i]->hash.usr =
            copies->to[i]->mirror_idx | (copies->flow[i] == JN_FLOW_FRAGMENT ? MORE_OF_A_COPY : 0);
    unsigned int taken =
        jn_tx_usable(tx) ? rte_ring_sp_enqueue_burst(tx->copies, (void **)&copies->mbuf[first], count, NULL) : 0;
    if (taken != 0)
        count_flows(worker, first, taken);
    return taken;
}

void
jn_mirror_send_for(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf **mbufs, unsigned int count) {
    uint32_t mirror_idx[JN_BURST], bytes[JN_BURST];
    for (unsigned int i = 0; i < count; i++) {
        mirror_idx[i] = mbufs[i]->hash.usr;
        bytes[i] = rte_pktmbuf_pkt_len(mbufs[i]);
    }
    unsigned int sent = jn_tx_try(worker, tx, mbufs, count);
    enum jn_copy_drop why = jn_tx_usable(tx) ? JN_COPY_DROP_TX_FULL : JN_COPY_DROP_DOWN;
    for (unsigned int i = 0; i < count; i++) {
        const struct jn_mirror_peer *to = worker->rules->mirror[mirror_idx[i] & ~MORE_OF_A_COPY];
        if (to != NULL)
            jn_mirror_attach(worker, to);
        struct jn_peer_counters *counters = &worker->mirror->counters[mirror_idx[i] & ~MORE_OF_A_COPY];
        uint64_t frame = (mirror_idx[i] & MORE_OF_A_COPY) == 0;
        if (i < sent) {
            jn_count(&counters->frames, frame);
            jn_count(&counters->bytes, bytes[i]);
        } else {
            jn_count(&counters->drops[why], frame);
            rte_pktmbuf_free(mbufs[i]);
        }
    }
}

// One peer's copies, at most a burst.
static void
send_run(struct jn_worker *worker, unsigned int first, unsigned int count) {
    struct jn_copies *copies = &worker->mirror->copies;
    struct jn_tx *tx = worker->tx[copies->to[first]->port];
    unsigned int sent =
        tx->own ? jn_tx_try(worker, tx, &copies->mbuf[first], count) : hand_over_copies(worker, tx, first, count);
    if (tx->own && sent != 0)
        count_copies(worker, first, sent);
    if (sent < count)
        free_dropped(worker, first + sent, count - sent, !jn_tx_usable(tx));
}

void
jn_mirror_send_copies(struct jn_worker *worker) {
    struct jn_copies *copies = &worker->mirror->copies;
    for (unsigned int done = 0; done < copies->count;) {
        unsigned int count = 1;
        while (count < JN_BURST && done + count < copies->count && copies->to[done + count] == copies->to[done])
            count++;
        send_run(worker, done, count);
        done += count;
    }
    copies->count = 0;
}

void
jn_mirror_drop_hold_queue(struct jn_worker *worker, unsigned int mirror_idx) {
    struct jn_mirror_state *state = &worker->mirror->state[mirror_idx];
    jn_count(&worker->mirror->counters[mirror_idx].drops[JN_COPY_DROP_UNRESOLVED], state->hold_count);
    for (uint32_t i = 0; i < state->hold_count; i++)
        rte_pktmbuf_free(state->hold_queue[i].mbuf);
    worker->mirror->hold_peers -= state->hold_count != 0;
    state->hold_count = 0;
}

void
jn_mirror_attach_anew(struct jn_worker *worker, const struct jn_mirror_peer *to) {
    struct jn_mirror_state *state = &worker->mirror->state[to->mirror_idx];
    const struct jn_peer *peer = to->peer;
    bool same = state->family == peer->family && memcmp(state->address, peer->address, sizeof(state->address)) == 0;
    if (state->hold_count != 0 && (!same || state->hold_hop != to->next_hop))
        jn_mirror_drop_hold_queue(worker, to->mirror_idx);
    state->attached = jn_mirror_generation(worker->rules);
    if (same)
        return;
    state->family = peer->family;
    memcpy(state->address, peer->address, sizeof(state->address));
    memset(&worker->mirror->counters[to->mirror_idx], 0, sizeof(worker->mirror->counters[to->mirror_idx]));
}
