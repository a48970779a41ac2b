// SPDX-License-Identifier: BSD-3-Clause
#include "underlay_rx.h"

#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

enum { ICMPV6 = 58, SHORTEST_FRAME = 60 };

static void
send_frame(struct jn_thread *thread, uint16_t port, struct rte_mbuf *mbuf, uint32_t length) {
    uint8_t *data = rte_pktmbuf_mtod(mbuf, uint8_t *);
    if (length < SHORTEST_FRAME) {
        memset(data + length, 0, SHORTEST_FRAME - length);
        length = SHORTEST_FRAME;
    }
    mbuf->data_len = (uint16_t)length;
    mbuf->pkt_len = length;
    jn_tx_send(&thread->worker, thread->worker.tx[port], &mbuf, 1);
}

static void
count_error(struct jn_worker *worker, const struct jn_underlay_result *result) {
    for (unsigned int number = 0; number < JN_MAX_PEERS; number++) {
        const struct jn_mirror_peer *to = worker->rules->mirror[number];
        if (to == NULL || to->peer->family != result->family ||
            memcmp(to->peer->address, result->peer, result->family == 4 ? 4 : 16) != 0)
            continue;
        struct jn_peer_counters *counters = &worker->mirror.counters[number];
        jn_count(result->kind == JN_UNDERLAY_TOO_BIG ? &counters->icmp_too_big : &counters->icmp_unreachable, 1);
    }
}

// True when the packet goes no further; its mbuf is then gone.
static bool
consume(struct jn_thread *thread, struct jn_burst *burst, unsigned int i) {
    struct jn_worker *worker = &thread->worker;
    struct jn_underlay_result result = {0};
    struct rte_mbuf *reply = thread->spare; // few packets are answered: one buffer at hand serves all of a burst
    if (reply == NULL)
        reply = thread->spare = rte_pktmbuf_alloc(thread->app->own_frames);
    if (reply != NULL) {
        result.reply = rte_pktmbuf_mtod(reply, uint8_t *);
        result.reply_room = rte_pktmbuf_tailroom(reply);
    }
    enum jn_underlay_outcome outcome = jn_underlay_input(&worker->underlay, burst->port_in, burst->data[i],
                                                         burst->length[i], &burst->packet[i], worker->now_ns, &result);
    if (outcome == JN_UNDERLAY_REPLY) {
        thread->spare = NULL;
        send_frame(thread, burst->port_in, reply, result.reply_length);
    }
    if (outcome == JN_UNDERLAY_ERROR)
        count_error(worker, &result);
    if (outcome == JN_UNDERLAY_TUNNEL)
        jn_count(&worker->underlay.counters->ignored_tunnel, 1);
    if (outcome == JN_UNDERLAY_NOT_OURS || outcome == JN_UNDERLAY_LEARNED)
        return false;
    rte_pktmbuf_free(burst->mbuf[i]);
    return true;
}

static bool
is_owners(const struct jn_thread *thread, const struct jn_burst *burst, unsigned int i) {
    const struct jn_packet *packet = &burst->packet[i];
    bool nd = packet->protocol == ICMPV6 && (packet->flags & JN_PACKET_PORTS) &&
              (packet->port[0] == 135 || packet->port[0] == 136);
    bool learning = !(packet->flags & JN_PACKET_IP) || nd;
    return learning && !(thread->worker.underlay.ports >> burst->port_in & 1);
}

static bool
hand_over(struct jn_thread *thread, struct jn_burst *burst, unsigned int i) {
    unsigned int owner = burst->port_in % thread->app->options.worker_count;
    struct rte_ring *ring = thread->app->threads[owner]->inbox[thread->worker.index];
    burst->mbuf[i]->port = burst->port_in;
    return rte_ring_sp_enqueue(ring, burst->mbuf[i]) == 0;
}

void
jn_underlay_take(struct jn_thread *thread, struct jn_burst *burst) {
    unsigned int kept = 0;
    for (unsigned int i = 0; i < burst->count; i++) {
        bool gone = is_owners(thread, burst, i) ? hand_over(thread, burst, i) : consume(thread, burst, i);
        if (gone)
            continue;
        if (kept != i) {
            burst->mbuf[kept] = burst->mbuf[i];
            burst->data[kept] = burst->data[i];
            burst->length[kept] = burst->length[i];
            burst->bytes[kept] = burst->bytes[i];
            burst->packet[kept] = burst->packet[i];
        }
        kept++;
    }
    burst->count = kept;
}

void
jn_underlay_pass_time(struct jn_thread *thread) {
    struct jn_worker *worker = &thread->worker;
    uint8_t frame[JN_UNDERLAY_REQUEST_MAX];
    uint16_t port;
    if (worker->rules == NULL || worker->underlay.ports == 0 || worker->rules->neighbour_count == 0)
        return;
    uint32_t length = jn_underlay_tick(&worker->underlay, worker->now_ns, frame, &port);
    struct rte_mbuf *mbuf = length != 0 ? rte_pktmbuf_alloc(thread->app->own_frames) : NULL;
    if (mbuf == NULL)
        return;
    memcpy(rte_pktmbuf_mtod(mbuf, void *), frame, length);
    send_frame(thread, port, mbuf, length);
}
