// SPDX-License-Identifier: BSD-3-Clause
// Stage: bursts from the worker's queues, and from the hand-over rings, by which other workers pass packets to it.
// Where the device cannot spread by flow, a hash of the addresses decides whose a packet is: one owner a flow, and
// rings keep order.
#include "worker/rx.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "core/tx.h"
#include "pipeline/pipeline.h"
#include "policy/ruleset.h"
#include "worker/finish.h"
#include "worker/tunnel_rx.h"

static void
look(struct jn_burst *burst, unsigned int i) {
    const struct rte_mbuf *mbuf = burst->mbuf[i];
    burst->data[i] = rte_pktmbuf_mtod(mbuf, const uint8_t *);
    burst->length[i] = rte_pktmbuf_data_len(mbuf);
    burst->bytes[i] = rte_pktmbuf_pkt_len(mbuf);
}

static void
set_burst_ports(struct jn_burst *burst, const struct jn_rx_queue *rx) {
    burst->port_in = rx->port_idx;
    burst->port_out = rx->port_out;
    burst->wire = rx->wire;
    burst->from_network = rx->from_network;
    burst->link_type = JN_LINKTYPE_ETHERNET;
}

// Keep what is this worker's, hand over the rest.
static void
spread(struct jn_thread *thread, struct jn_burst *burst) {
    unsigned int kept = 0, self = thread->worker.index, workers = thread->app->options.worker_count;
    jn_stage_parse(&thread->worker, burst);
    for (unsigned int i = 0; i < burst->count; i++) {
        const struct jn_packet *packet = &burst->packet[i];
        unsigned int owner =
            packet->flags & JN_PACKET_IP ? jn_packet_owner(&thread->worker.hash_key, packet, workers) : self;
        struct rte_mbuf *mbuf = burst->mbuf[i];
        if (owner != self) {
            jn_hand_over(thread, owner, burst, i);
            continue;
        }
        burst->mbuf[kept] = mbuf;
        look(burst, kept++);
    }
    burst->count = kept;
}

// Does the policy want our hash though the devices could deal the wire's packets out?
static inline bool
is_dealt_by_software(const struct jn_thread *thread, uint16_t wire) {
    const struct jn_ruleset *rules = thread->worker.rules;
    return rules != NULL && (rules->dealt_by_software >> wire & 1);
}

// Packets for Junction itself, by a tunnel port.
static void
take_own(struct jn_thread *thread, struct jn_burst *burst) {
    const struct jn_ruleset *rules = thread->worker.rules;
    if (rules == NULL || !rules->is_tunnel[burst->port_in])
        return;
    jn_stage_parse(&thread->worker, burst);
    jn_underlay_take(thread, burst);
}

static unsigned int
from_queue(struct jn_thread *thread, const struct jn_rx_queue *rx) {
    struct jn_burst *burst = &thread->burst;
    if (__atomic_load_n(&rx->port->state, __ATOMIC_ACQUIRE) == JN_PORT_GONE)
        return 0;
    unsigned int count = burst->count = rte_eth_rx_burst(rx->port->ethdev, rx->queue, burst->mbuf, JN_BURST);
    if (count == 0)
        return 0;
    uint64_t bytes = 0;
    for (unsigned int i = 0; i < count; i++)
        rte_prefetch0(rte_pktmbuf_mtod(burst->mbuf[i], void *));
    for (unsigned int i = 0; i < count; i++) {
        look(burst, i);
        bytes += burst->bytes[i];
    }
    struct jn_port_counters *counters = &thread->worker.counters->ports[rx->port_idx];
    jn_count(&counters->rx_packets, count);
    jn_count(&counters->rx_bytes, bytes);
    jn_count(&thread->worker.counters->rx_packets, count);
    set_burst_ports(burst, rx);
    if (__builtin_expect(rx->port->finishes, 0))
        jn_stage_finish(&thread->worker, burst);
    take_own(thread, burst);
    if (rx->spread || is_dealt_by_software(thread, rx->wire))
        spread(thread, burst);
    if (burst->count != 0)
        jn_pipeline(&thread->worker, burst);
    return count;
}

static const struct jn_wire_option *
wire_of(const struct jn_app *app, uint16_t port_idx, uint16_t *wire) {
    for (uint16_t i = 0; i < app->options.wire_count; i++)
        if (app->options.wires[i].access == port_idx || app->options.wires[i].network == port_idx) {
            *wire = i;
            return &app->options.wires[i];
        }
    return NULL;
}

// A burst is of one port: as many of the mbufs as came in by the first one's.
static unsigned int
run_of_one_port(struct jn_thread *thread, struct rte_mbuf **mbufs, unsigned int count) {
    struct jn_burst *burst = &thread->burst;
    uint16_t port_idx = mbufs[0]->port, wire = 0;
    const struct jn_wire_option *option = wire_of(thread->app, port_idx, &wire);
    bool from_network = option != NULL && option->network == port_idx;
    uint16_t out = option == NULL ? JN_NO_PORT : from_network ? option->access : option->network;
    set_burst_ports(burst, &(struct jn_rx_queue){
                               .port_idx = port_idx, .port_out = out, .wire = wire, .from_network = from_network});
    burst->count = 0;
    while (burst->count < count && mbufs[burst->count]->port == port_idx) {
        burst->mbuf[burst->count] = mbufs[burst->count];
        look(burst, burst->count++);
    }
    unsigned int taken = burst->count;
    take_own(thread, burst);
    if (burst->count != 0)
        jn_pipeline(&thread->worker, burst);
    return taken;
}

static unsigned int
from_handover_ring(struct jn_thread *thread, struct rte_ring *ring) {
    struct rte_mbuf *mbufs[JN_BURST];
    unsigned int count = rte_ring_sc_dequeue_burst(ring, (void **)mbufs, JN_BURST, NULL);
    for (unsigned int done = 0; done < count;)
        done += run_of_one_port(thread, mbufs + done, count - done);
    return count;
}

static unsigned int
from_tx_rings(struct jn_thread *thread, unsigned int from) {
    struct rte_mbuf *mbufs[JN_BURST];
    unsigned int all = 0;
    for (unsigned int port_idx = 0; port_idx < thread->app->options.port_count; port_idx++) {
        struct rte_ring *ring = thread->tx_ring[from][port_idx];
        if (ring == NULL)
            continue;
        unsigned int count = rte_ring_sc_dequeue_burst(ring, (void **)mbufs, JN_BURST, NULL);
        if (count != 0)
            jn_tx_send(&thread->worker, thread->worker.tx[port_idx], mbufs, count);
        all += count;
        count = rte_ring_sc_dequeue_burst(thread->mirror_ring[from][port_idx], (void **)mbufs, JN_BURST, NULL);
        if (count != 0)
            jn_mirror_send_for(&thread->worker, thread->worker.tx[port_idx], mbufs, count);
        all += count;
        count = rte_ring_sc_dequeue_burst(thread->aside_ring[from][port_idx], (void **)mbufs, JN_BURST, NULL);
        jn_tx_send_asides(&thread->worker, thread->worker.tx[port_idx], mbufs, count);
        all += count;
    }
    return all;
}

unsigned int
jn_rx_round(struct jn_thread *thread) {
    unsigned int packets = 0, workers = thread->app->options.worker_count;
    for (unsigned int i = 0; i < thread->rx_count; i++)
        packets += from_queue(thread, &thread->rx[i]);
    for (unsigned int from = 0; from < workers && workers > 1; from++) {
        if (from == thread->worker.index)
            continue;
        packets += from_handover_ring(thread, thread->handover_ring[from]);
        packets += from_tx_rings(thread, from);
    }
    return packets;
}
