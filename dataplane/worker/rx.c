// SPDX-License-Identifier: BSD-3-Clause
// Stage: bursts from the worker's queues, and from the hand-over rings, by which other workers pass packets to it.
// One function says whose a packet is, whatever the NICs do (packet/owner.h): one owner a flow, and rings keep order. Where
// NICs deal packets out by the same function, nothing is handed over.
#include "worker/rx.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "core/tx.h"
#include "pipeline/pipeline.h"
#include "policy/ruleset.h"
#include "worker/finish.h"
#include "worker/fragment_owner.h"
#include "worker/portion.h"
#include "worker/tunnel_rx.h"

static void
look(struct jn_burst *burst, unsigned int i) {
    const struct rte_mbuf *mbuf = burst->mbuf[i];
    burst->data[i] = rte_pktmbuf_mtod(mbuf, const uint8_t *);
    burst->length[i] = rte_pktmbuf_data_len(mbuf);
    burst->bytes[i] = rte_pktmbuf_pkt_len(mbuf);
}

// Where there are no gates, no tunnels of our own by that port and no other workers, the columns are all that is asked of most
// packets.
static bool
may_be_lazy(const struct jn_thread *thread, const struct jn_rx_queue *rx) {
    const struct jn_ruleset *rules = thread->worker.rules;
    return rules != NULL && rules->sources == NULL && !rules->is_tunnel[rx->port_idx] &&
           thread->app->options.worker_count == 1 && !rx->port->finishes;
}

static void
set_burst_ports(struct jn_burst *burst, const struct jn_rx_queue *rx) {
    burst->port_in = rx->port_idx;
    burst->port_out = rx->port_out;
    burst->wire = rx->wire;
    burst->from_network = rx->from_network;
    burst->link_type = JN_LINKTYPE_ETHERNET;
    burst->lazy = false;
}

// Is it of a port where packets for Junction itself come in?
static bool
is_by_tunnel(const struct jn_thread *thread, const struct jn_burst *burst) {
    const struct jn_ruleset *rules = thread->worker.rules;
    return rules != NULL && rules->is_tunnel[burst->port_in];
}

// Parse the burst; what is for Junction itself leaves it. unfinished: checksums of its frames may be.
static void
look_into(struct jn_thread *thread, struct jn_burst *burst, bool unfinished) {
    bool tunnel = is_by_tunnel(thread, burst);
    if (unfinished || !tunnel)
        jn_stage_parse(&thread->worker, burst);
    if (__builtin_expect(unfinished, 0))
        jn_stage_finish(&thread->worker, burst);
    if (tunnel)
        jn_underlay_take(thread, burst);
}

// Keep what is this worker's, hand over the rest. Returns how many came by another queue than the port's hash says, of so
// many queues: where the NIC does as it was told, that is none but what it cannot look into.
static unsigned int
keep_own(struct jn_thread *thread, struct jn_burst *burst, unsigned int queues) {
    unsigned int kept = 0, astray = 0, self = thread->worker.index;
    bool by_ports = thread->app->owners.hash == JN_OWNER_PORTS;
    for (unsigned int i = 0; i < burst->count; i++) {
        const struct jn_packet *packet = jn_burst_packet(burst, i);
        unsigned int owner = packet->flags & JN_PACKET_IP
                                 ? jn_thread_owner(thread, packet, burst->data[i], jn_way_of_wire(burst->wire))
                                 : self;
        if (owner != self) {
            astray += owner % queues != self && !(by_ports && (packet->flags & JN_PACKET_FRAGMENT));
            jn_hand_over(thread, owner, burst, i);
            continue;
        }
        if (kept != i)
            jn_burst_move(burst, kept, i);
        kept++;
    }
    burst->count = kept;
    return astray;
}

// One that came by a wire is its owner's. The burst was looked into. rx: the queue, or NULL for what another worker handed over.
static void
go_through(struct jn_thread *thread, struct jn_burst *burst, const struct jn_rx_queue *rx) {
    bool dealt = thread->app->options.worker_count > 1 && burst->port_out != JN_NO_PORT;
    if (dealt && rx != NULL) {
        unsigned int queues = rx->port->rx_queues, astray = keep_own(thread, burst, queues);
        if (queues > 1)
            jn_count(&thread->worker.counters->ports[rx->port_idx].rx_astray, astray);
    } else if (dealt && thread->app->owners.hash == JN_OWNER_PORTS) {
        keep_own(thread, burst, 1);
    }
    if (burst->count != 0)
        jn_pipeline_parsed(&thread->worker, burst);
}

static unsigned int
from_queue(struct jn_thread *thread, const struct jn_rx_queue *rx) {
    struct jn_burst *burst = &thread->burst;
    if (__atomic_load_n(&rx->port->state, __ATOMIC_ACQUIRE) == JN_PORT_GONE)
        return 0;
    unsigned int count = burst->count =
        rte_eth_rx_burst(rx->port->ethdev, rx->queue, burst->mbuf, jn_packets_a_round(&thread->worker));
    if (count == 0)
        return 0;
    uint64_t bytes = 0;
    for (unsigned int i = 0; i < count; i++) {
        look(burst, i);
        rte_prefetch0(burst->data[i]);
        bytes += burst->bytes[i];
    }
    struct jn_port_counters *counters = &thread->worker.counters->ports[rx->port_idx];
    jn_count(&counters->rx_packets, count);
    jn_count(&counters->rx_bytes, bytes);
    jn_count(&thread->worker.counters->rx_packets, count);
    set_burst_ports(burst, rx);
    burst->lazy = may_be_lazy(thread, rx);
    look_into(thread, burst, rx->port->finishes);
    go_through(thread, burst, rx);
    return count;
}

// A burst is of one port: as many of the mbufs as came in by the first one's.
static unsigned int
run_of_one_port(struct jn_thread *thread, struct rte_mbuf **mbufs, unsigned int count) {
    struct jn_burst *burst = &thread->burst;
    uint16_t port_idx = mbufs[0]->port;
    const struct jn_options *options = &thread->app->options;
    const struct jn_wire_option *option = jn_wire_of_port(options, port_idx);
    uint16_t wire = option != NULL ? (uint16_t)(option - options->wires) : 0;
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
    thread->handed_over = true;
    look_into(thread, burst, false);
    go_through(thread, burst, NULL);
    thread->handed_over = false;
    return taken;
}

static unsigned int
from_handover_ring(struct jn_thread *thread, struct rte_ring *ring) {
    struct rte_mbuf *mbufs[JN_BURST];
    unsigned int most = jn_packets_a_round(&thread->worker);
    unsigned int count = rte_ring_sc_dequeue_burst(ring, (void **)mbufs, most, NULL);
    for (unsigned int done = 0; done < count;)
        done += run_of_one_port(thread, mbufs + done, count - done);
    return count;
}

static unsigned int
from_tx_rings(struct jn_thread *thread, unsigned int from) {
    struct rte_mbuf *mbufs[JN_BURST];
    unsigned int all = 0, most = jn_packets_a_round(&thread->worker);
    for (unsigned int port_idx = 0; port_idx < thread->app->options.port_count; port_idx++) {
        struct rte_ring *ring = thread->tx_ring[from][port_idx];
        if (ring == NULL)
            continue;
        unsigned int count = rte_ring_sc_dequeue_burst(ring, (void **)mbufs, most, NULL);
        if (count != 0)
            jn_tx_send(&thread->worker, thread->worker.tx[port_idx], mbufs, count);
        all += count;
        count = rte_ring_sc_dequeue_burst(thread->mirror_ring[from][port_idx], (void **)mbufs, most, NULL);
        if (count != 0)
            jn_mirror_send_for(&thread->worker, thread->worker.tx[port_idx], mbufs, count);
        all += count;
        count = rte_ring_sc_dequeue_burst(thread->aside_ring[from][port_idx], (void **)mbufs, most, NULL);
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
