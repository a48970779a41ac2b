// SPDX-License-Identifier: BSD-3-Clause
#include "worker/tunnel_rx.h"

#include <string.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "core/tx.h"
#include "packet/headers.h"
#include "packet/parse.h"
#include "pipeline/pipeline.h"
#include "policy/ruleset.h"
#include "redirect/gate_counters.h"
#include "redirect/outer_fragment.h"
#include "redirect/reinject.h"
#include "redirect/vxlan_input.h"
#include "redirect/vxlan_usual.h"
#include "underlay/underlay_input.h"
#include "underlay/underlay_timers.h"
#include "worker/fragment_owner.h"
#include "worker/underlay_error.h"

static void
send_frame(struct jn_thread *thread, uint16_t port, struct rte_mbuf *mbuf, uint32_t length, enum jn_own_kind kind) {
    uint8_t *data = rte_pktmbuf_mtod(mbuf, uint8_t *);
    if (length < JN_SHORTEST_FRAME) {
        memset(data + length, 0, JN_SHORTEST_FRAME - length);
        length = JN_SHORTEST_FRAME;
    }
    mbuf->data_len = (uint16_t)length;
    mbuf->pkt_len = length;
    jn_tx_send_own(&thread->worker, thread->worker.tx[port], mbuf, kind);
}

void
jn_hand_over(struct jn_thread *thread, unsigned int owner, const struct jn_burst *burst, unsigned int i) {
    struct rte_ring *ring = thread->app->threads[owner]->handover_ring[thread->worker.index];
    struct rte_mbuf *mbuf = burst->mbuf[i];
    mbuf->port = burst->port_in;
    if (rte_ring_sp_enqueue(ring, mbuf) != 0)
        jn_tx_drop(&thread->worker, &mbuf, 1, JN_DROP_HANDOVER_FULL);
}

// Which worker handles it? The gate's owner for the engine's frames; for a packet the owner of its flow.
static unsigned int
owner_of_input(struct jn_thread *thread, const struct jn_vxlan_input *input, const uint8_t *frame) {
    unsigned int workers = thread->app->options.worker_count;
    if (workers == 1)
        return 0;
    if (input->outcome != JN_VXLAN_PACKET || input->own)
        return input->vnet->owner_port % workers;
    return jn_thread_owner(thread, &input->inner.packet, frame + input->inner.offset,
                           jn_way_of_tunnel(input->vnet->vpg_idx));
}

static void
arrive(struct jn_thread *thread, const struct jn_burst *burst, unsigned int i, const struct jn_vnet_source *source) {
    struct jn_vxlan_input input;
    if (!jn_vxlan_input_check(&thread->worker, burst, i, source, &input))
        return;
    unsigned int owner = owner_of_input(thread, &input, burst->data[i]);
    if (owner != thread->worker.index) {
        jn_hand_over(thread, owner, burst, i);
        return;
    }
    struct jn_burst onward;
    if (jn_vxlan_input_take(&thread->worker, burst, i, &input, &onward))
        jn_pipeline(&thread->worker, &onward);
}

// Reassemble fragments and join chains of buffers; then handle the result like a packet that came whole.
static void
take_tunnel(struct jn_thread *thread, const struct jn_burst *burst, unsigned int i) {
    struct jn_worker *worker = &thread->worker;
    const struct jn_packet *packet = jn_burst_packet(burst, i);
    bool fragment = (packet->flags & JN_PACKET_FRAGMENT) && packet->protocol != JN_IP_GRE;
    if (worker->rules->sources == NULL || (!fragment && burst->mbuf[i]->nb_segs == 1)) {
        arrive(thread, burst, i, jn_vxlan_input_source(worker, burst, i));
        return;
    }
    struct jn_burst whole = {.count = 1, .port_in = burst->port_in, .link_type = JN_LINKTYPE_ETHERNET};
    burst->mbuf[i]->l2_len = packet->l3_offset;
    whole.mbuf[0] =
        fragment ? jn_outer_fragment_add(worker, burst->mbuf[i], packet) : jn_in_one_piece(worker, burst->mbuf[i]);
    if (whole.mbuf[0] == NULL)
        return;
    whole.data[0] = rte_pktmbuf_mtod(whole.mbuf[0], const uint8_t *);
    whole.length[0] = whole.bytes[0] = rte_pktmbuf_pkt_len(whole.mbuf[0]);
    jn_stage_parse(worker, &whole);
    arrive(thread, &whole, 0, jn_vxlan_input_source(worker, &whole, 0));
}

// True when the packet goes no further; its mbuf is then gone.
static bool
consume(struct jn_thread *thread, struct jn_burst *burst, unsigned int i) {
    struct jn_worker *worker = &thread->worker;
    const struct jn_vnet_source *source = jn_vxlan_input_source(worker, burst, i);
    if (source != NULL && __builtin_expect(jn_vxlan_input_is_plain(burst, i, source), 1)) {
        arrive(thread, burst, i, source);
        return true;
    }
    struct jn_underlay_result result = {0};
    struct rte_mbuf *reply = thread->spare; // few packets are answered: one buffer at hand serves all of a burst
    if (reply == NULL)
        reply = thread->spare = rte_pktmbuf_alloc(worker->answers);
    if (reply != NULL) {
        result.reply = rte_pktmbuf_mtod(reply, uint8_t *);
        result.reply_room = rte_pktmbuf_tailroom(reply);
    }
    enum jn_underlay_outcome outcome =
        jn_underlay_input(worker->underlay, burst->port_in, burst->data[i], burst->length[i], jn_burst_packet(burst, i),
                          worker->now_ns, &result);
    if (outcome == JN_UNDERLAY_REPLY) {
        thread->spare = NULL;
        send_frame(thread, burst->port_in, reply, result.reply_length, JN_OWN_ANSWER);
    }
    if (outcome == JN_UNDERLAY_ERROR)
        jn_underlay_error(worker, &result);
    if (outcome == JN_UNDERLAY_TUNNEL) {
        take_tunnel(thread, burst, i);
        return true;
    }
    if (outcome == JN_UNDERLAY_NOT_OURS || outcome == JN_UNDERLAY_LEARNED)
        return false;
    rte_pktmbuf_free(burst->mbuf[i]);
    return true;
}

static bool
is_owners(const struct jn_thread *thread, const struct jn_burst *burst, unsigned int i) {
    const struct jn_packet *packet = jn_burst_packet(burst, i);
    bool learning = !(packet->flags & JN_PACKET_IP) || jn_packet_is_nd(packet);
    return learning && !(thread->worker.underlay->ports >> burst->port_in & 1);
}

// True when the packet goes no further here.
static bool
take_other(struct jn_thread *thread, struct jn_burst *burst, unsigned int i) {
    if (!is_owners(thread, burst, i))
        return consume(thread, burst, i);
    jn_hand_over(thread, burst->port_in % thread->app->options.worker_count, burst, i);
    return true;
}

// Parse a run of the burst's packets and take out of it what goes no further here. Returns how many are kept then.
static unsigned int
take_others(struct jn_thread *thread, struct jn_burst *burst, unsigned int from, unsigned int end, unsigned int kept) {
    burst->exceptions |= jn_parse_frames(&burst->data[from], &burst->length[from], &burst->bytes[from],
                                         burst->link_type, &burst->parsed[from], end - from);
    for (unsigned int i = from; i < end; i++) {
        if (take_other(thread, burst, i))
            continue;
        if (kept != i)
            jn_burst_move(burst, kept, i);
        else
            jn_columns_set(&burst->columns, i, &burst->parsed[i]);
        kept++;
    }
    return kept;
}

void
jn_underlay_take(struct jn_thread *thread, struct jn_burst *burst) {
    struct jn_worker *worker = &thread->worker;
    struct jn_vxlan_usual usual;
    unsigned int kept = 0, i = 0;
    jn_vxlan_usual_begin(&usual, thread->app->options.worker_count > 1 ? &thread->app->owners : NULL);
    burst->exceptions = 0;
    burst->columns.unwritten = 0;
    burst->placed = false;
    while ((i = jn_vxlan_usual_take(worker, burst, i, &usual)) < burst->count) {
        if (usual.owner != worker->index) {
            jn_hand_over(thread, usual.owner, burst, i++);
            continue;
        }
        unsigned int end = jn_vxlan_usual_find(worker, burst, i + 1, &usual);
        kept = take_others(thread, burst, i, end, kept);
        i = end;
    }
    burst->count = kept;
    if (worker->redirect->reinject.count != 0)
        jn_reinject_send(worker);
}

void
jn_underlay_send_due(struct jn_thread *thread) {
    struct jn_worker *worker = &thread->worker;
    uint8_t frame[JN_UNDERLAY_REQUEST_MAX];
    uint16_t port;
    if (worker->rules == NULL || worker->underlay->ports == 0 || worker->rules->neighbour_count == 0)
        return;
    uint32_t length = jn_underlay_run_timers(worker->underlay, worker->now_ns, frame, &port);
    struct rte_mbuf *mbuf = length != 0 ? rte_pktmbuf_alloc(worker->requests) : NULL;
    if (mbuf == NULL) {
        jn_count(&worker->underlay->counters->own_no_mbuf, length != 0);
        return;
    }
    memcpy(rte_pktmbuf_mtod(mbuf, void *), frame, length);
    send_frame(thread, port, mbuf, length, JN_OWN_REQUEST);
}
