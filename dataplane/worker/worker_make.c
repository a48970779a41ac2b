// SPDX-License-Identifier: BSD-3-Clause
// Before the workers run: what each owns, and how queues are assigned. A worker without a queue of its own at a port is
// served by one that has: it gets its packets, and sends, by hand-over rings.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "contract.h"
#include "core/buffer_pool.h"
#include "core/huge.h"
#include "core/option_sizes.h"
#include "core/tx.h"
#include "flow/idle_expiry.h"
#include "flow/tcp_close.h"
#include "flow/unreported.h"
#include "gate/l2_rewrite.h"
#include "gate/resolution.h"
#include "touch.h"
#include "tunnel/reassembly.h"
#include "worker/rooms.h"
#include "worker/worker_make.h"

enum { FRAGMENT_BUCKETS = 1024 };
#define FRAGMENT_TIMEOUT UINT64_C(30000000000)

static unsigned int
owner_of(const struct jn_app *app, unsigned int port) {
    return port % app->options.worker_count;
}

static void *
zeroed_on(int node, size_t size) {
    void *memory = rte_zmalloc_socket(NULL, size, RTE_CACHE_LINE_SIZE, node);
    return memory != NULL ? memory : rte_zmalloc(NULL, size, RTE_CACHE_LINE_SIZE);
}

static int
make_ring(const struct jn_app *app, struct rte_ring **ring, unsigned int entries, const char *what, unsigned int to,
          unsigned int from, unsigned int port) {
    char name[32];
    int node = app->numa.worker[to]; // the receiver's
    snprintf(name, sizeof(name), "%s-%u-%u-%u", what, to, from, port);
    *ring = rte_ring_create(name, entries, node, RING_F_SP_ENQ | RING_F_SC_DEQ);
    if (*ring == NULL) // that node has no memory left, or none at all
        *ring = rte_ring_create(name, entries, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
    return *ring == NULL ? -rte_errno : 0;
}

static uint16_t
hand_over_to_sender(struct jn_tx *tx, struct rte_mbuf **mbufs, uint16_t count) {
    return (uint16_t)rte_ring_sp_enqueue_burst(tx->context, (void **)mbufs, count, NULL);
}

// The worker by whose queue worker `index` sends: itself where it has one.
static unsigned int
sender_for(const struct jn_app *app, unsigned int port_idx, unsigned int index) {
    unsigned int queues = app->ports[port_idx].tx_queues;
    return queues == 1 ? owner_of(app, port_idx) : index % queues;
}

static int
make_tx(struct jn_app *app, struct jn_thread *thread, unsigned int port_idx) {
    const struct jn_port *port = &app->ports[port_idx];
    unsigned int index = thread->worker.index, sender = sender_for(app, port_idx, index);
    struct jn_tx *tx = zeroed_on(app->numa.worker[index], sizeof(*tx));
    if (tx == NULL)
        return -ENOMEM;
    *tx = (struct jn_tx){.port = (uint16_t)port_idx,
                         .ethdev = port->ethdev,
                         .own = true,
                         .segments = port->segments,
                         .longest = port->longest,
                         .queue = port->tx_queues > 1 ? (uint16_t)sender : 0,
                         .state = &port->state};
    thread->worker.tx[port_idx] = tx;
    if (sender == index)
        return 0;
    tx->own = false;
    tx->transmit = hand_over_to_sender;
    struct rte_ring **ring = &app->threads[sender]->tx_ring[index][port_idx];
    int rc = make_ring(app, ring, JN_TX_RING, "tx", sender, index, port_idx);
    tx->context = *ring;
    if (rc < 0)
        return rc;
    ring = &app->threads[sender]->mirror_ring[index][port_idx];
    rc = make_ring(app, ring, JN_HANDOVER_RING, "mirror", sender, index, port_idx);
    tx->copies = *ring;
    if (rc < 0)
        return rc;
    ring = &app->threads[sender]->aside_ring[index][port_idx];
    rc = make_ring(app, ring, JN_ASIDE_RING, "aside", sender, index, port_idx);
    tx->asides = *ring;
    return rc;
}

// A port that returns may have another MTU.
static void
look_for_chains(struct jn_app *app) {
    bool any = false;
    for (unsigned int port_idx = 0; port_idx < app->options.port_count; port_idx++)
        any |= app->ports[port_idx].chains;
    for (unsigned int i = 0; i < app->options.worker_count; i++)
        for (unsigned int port_idx = 0; port_idx < app->options.port_count; port_idx++)
            __atomic_store_n(&app->threads[i]->worker.tx[port_idx]->no_chains, !any, __ATOMIC_RELAXED);
}

// Said once: nothing helps but other cores, or other slots.
static void
warn_of_distance(const struct jn_app *app) {
    for (unsigned int port_idx = 0; port_idx < app->options.port_count; port_idx++) {
        const struct jn_port *port = &app->ports[port_idx];
        uint32_t far = jn_numa_far(&app->numa, port->numa_node);
        far &= port->rx_queues == 1 ? UINT32_C(1) << owner_of(app, port_idx) : (UINT32_C(1) << port->rx_queues) - 1;
        for (; far != 0; far &= far - 1) {
            unsigned int worker = (unsigned int)__builtin_ctz(far);
            jn_log(JN_LOG_WARNING,
                   "port %s is on NUMA node %d, and worker core %u on node %d: each packet crosses between them",
                   port->option->name, port->numa_node, app->options.worker_cores[worker], app->numa.worker[worker]);
        }
    }
}

// Queue q is worker q's. Where there is one queue alone, it is that of the port's owner.
static void
add_rx(struct jn_app *app, unsigned int port_idx, uint16_t wire, uint16_t port_out, bool from_network) {
    unsigned int queues = app->ports[port_idx].rx_queues;
    for (unsigned int q = 0; q < queues; q++) {
        struct jn_thread *thread = app->threads[queues == 1 ? owner_of(app, port_idx) : q];
        thread->rx[thread->rx_count++] = (struct jn_rx_queue){.port = &app->ports[port_idx],
                                                              .port_idx = (uint16_t)port_idx,
                                                              .queue = (uint16_t)q,
                                                              .port_out = port_out,
                                                              .wire = wire,
                                                              .from_network = from_network};
    }
}

static void
deal_out(struct jn_app *app) {
    bool wired[JN_MAX_PORTS] = {false};
    for (unsigned int i = 0; i < app->options.wire_count; i++) {
        const struct jn_wire_option *wire = &app->options.wires[i];
        add_rx(app, wire->access, (uint16_t)i, wire->network, false);
        add_rx(app, wire->network, (uint16_t)i, wire->access, true);
        wired[wire->access] = wired[wire->network] = true;
    }
    for (unsigned int port_idx = 0; port_idx < app->options.port_count; port_idx++)
        if (!wired[port_idx])
            add_rx(app, port_idx, 0, JN_NO_PORT, false);
}

static void
describe_port(const struct jn_app *app, unsigned int port_idx, struct jn_underlay_port *port) {
    memcpy(port->mac, app->counters->ports[port_idx].mac, sizeof(port->mac));
    port->mtu = app->ports[port_idx].mtu;
}

// A word for a hash's key. The boot's number, which is random, too, can be read by who may read the regions.
static uint64_t
random_word(const struct jn_app *app) {
    uint64_t word;
    return getrandom(&word, sizeof(word), 0) == sizeof(word) ? word : app->flows->header.boot;
}

static int
make_fragment_table(const struct jn_app *app, unsigned int worker, struct jn_fragment_table *table) {
    size_t bytes = FRAGMENT_BUCKETS * JN_FRAGMENT_WAYS * sizeof(struct jn_fragment);
    *table = (struct jn_fragment_table){.entries = zeroed_on(app->numa.worker[worker], bytes),
                                        .bucket_count = FRAGMENT_BUCKETS,
                                        .timeout_ns = FRAGMENT_TIMEOUT,
                                        .key = jn_hash_key_of(random_word(app))};
    if (table->entries == NULL)
        return -ENOMEM;
    jn_touch(table->entries, bytes);
    return 0;
}

// Where its samples are the worker knows by itself.
static int
make_sampling(const struct jn_app *app, unsigned int worker, struct jn_sampling *sampling) {
    if (app->samples == NULL)
        return 0;
    sampling->ring = &app->samples->rings[worker];
    sampling->capacity = app->options.classify;
    sampling->samples = (void *)((char *)app->samples + jn_samples_size(worker, sampling->capacity));
    sampling->boot = app->samples->header.boot;
    sampling->waits = app->options.replay != NULL;
    return jn_sampling_make(sampling, app->flows_each, &app->hash_key);
}

static int
make_thread(struct jn_app *app, unsigned int index) {
    struct jn_thread *thread = zeroed_on(app->numa.worker[index], sizeof(*thread));
    if (thread == NULL)
        return -ENOMEM;
    app->threads[index] = thread;
    struct jn_worker *w = &thread->worker;
    uint32_t vpgs = app->options.vpgs;
    jn_rooms_join(w, &thread->rooms);
    thread->app = app;
    w->index = index;
    w->own_frames = app->own_frames;
    w->answers = app->answers;
    w->requests = app->requests;
    w->hash_key = app->hash_key;
    w->outer_identification = &app->outer_identification;
    w->counters = &app->counters->workers[index];
    w->vpg_counters = jn_counters_of_vpgs(app->counters, app->options.worker_count, index, vpgs);
    w->flow->interval.clock = app->options.replay == NULL ? &app->interval_clock : NULL;
    w->flow->ring = &app->records->rings[index];
    w->flow->records = jn_ring_first(app->records, w->flow->ring);
    w->flow->record_capacity = app->options.record_entries;
    w->flow->boot = app->counters->header.boot; // that region is made anew by every life
    w->flow->region_boot = app->records->header.boot;
    w->flow->refused_tail = UINT64_MAX;
    w->flow->consumed = app->consumed != NULL ? &app->consumed->rings[index] : NULL;
    jn_flow_table_open(&w->flow->table, app->flows, index, random_word(app));
    w->underlay->neighbours = app->neighbours->neighbours;
    w->underlay->counters = &app->neighbours->underlay[index];
    w->underlay->network = JN_NO_NETWORK;
    w->underlay->limits = calloc(1, sizeof(*w->underlay->limits));
    if (w->underlay->limits == NULL)
        return -ENOMEM;
    w->underlay->limits->key = jn_hash_key_of(random_word(app));
    for (unsigned int port_idx = 0; port_idx < app->options.port_count; port_idx++) {
        w->underlay->ports |= owner_of(app, port_idx) == index ? UINT32_C(1) << port_idx : 0;
        describe_port(app, port_idx, &w->underlay->port[port_idx]);
    }
    w->mirror->pool = app->copies;
    w->mirror->counters = &app->neighbours->peers[(size_t)index * JN_VPG_PEERS * vpgs];
    w->mirror->sequence = app->mirror_sequence;
    w->redirect->counters = &app->gate_counters[(size_t)index * vpgs];
    w->flow->l2_table = app->l2_table;
    w->redirect->resolutions = app->resolutions;
    w->redirect->reassembly = jn_reassembly_make();
    jn_unreported_bind(w->flow, app->unreported, index, vpgs, app->flows_each);
    w->flow->unreported->boot = w->flow->boot;
    if (jn_worker_vpgs_make(w, vpgs) < 0 || jn_tcp_linger_make(&w->flow->linger, w->flow->table.header->capacity) < 0 ||
        jn_expiry_make(&w->flow->expiry, w->flow->table.header->capacity) < 0 || w->redirect->reassembly == NULL ||
        make_fragment_table(app, index, &w->flow->fragments) < 0 || make_sampling(app, index, &w->flow->sampling) < 0 ||
        (app->owners.hash == JN_OWNER_PORTS && make_fragment_table(app, index, &thread->homed) < 0))
        return -ENOMEM;
    jn_huge_touch(w->flow->linger.flows, w->flow->linger.room * sizeof(struct jn_tcp_lingering));
    jn_huge_touch(w->flow->expiry.groups, w->flow->expiry.room * sizeof(struct jn_expiry_group));
    return 0;
}

static struct rte_mempool *
make_pool(const struct jn_app *app, const char *name, uint32_t count, uint32_t cache, uint32_t room) {
    int node = jn_numa_of_all(&app->numa);
    struct rte_mempool *pool = jn_buffer_pool_make(name, count, cache, (uint16_t)room, node);
    return pool != NULL ? pool : jn_buffer_pool_make(name, count, cache, (uint16_t)room, SOCKET_ID_ANY);
}

// One pool for all copies: a frame of the largest port and its outer header fit in one buffer.
static int
make_copy_pool(struct jn_app *app) {
    uint32_t room = RTE_MBUF_DEFAULT_BUF_SIZE;
    struct jn_sizes sizes;
    char err[JN_ERR_MAX];
    jn_option_sizes(&app->options, &sizes, err); // too small a size was refused before: here it is the least
    for (unsigned int i = 0; i < app->options.port_count; i++) {
        uint32_t needed = RTE_PKTMBUF_HEADROOM + RTE_ALIGN_CEIL(app->ports[i].mtu + JN_ENCAP_OVERHEAD, 64u);
        room = needed > room ? needed : room;
    }
    room = room < UINT16_MAX ? room : UINT16_MAX;
    app->longest_packet = room - RTE_PKTMBUF_HEADROOM - JN_ENCAP_OVERHEAD;
    app->copies = make_pool(app, "copies", sizes.copies, JN_POOL_CACHE, room);
    app->own_frames = make_pool(app, "own", sizes.own, JN_OWN_CACHE, room);
    app->answers = make_pool(app, "answers", sizes.answers, JN_OWN_CACHE, room);
    app->requests = make_pool(app, "requests", sizes.requests, JN_OWN_CACHE, RTE_PKTMBUF_HEADROOM + JN_REQUEST_ROOM);
    bool whole = app->copies != NULL && app->own_frames != NULL && app->answers != NULL && app->requests != NULL;
    return whole ? 0 : -ENOMEM;
}

int
jn_workers_make(struct jn_app *app, char err[JN_ERR_MAX]) {
    unsigned int workers = app->options.worker_count;
    // A replay samples the same flows each time.
    app->hash_key = jn_hash_key_of(app->options.replay != NULL ? 0 : random_word(app));
    int rc = make_copy_pool(app);
    jn_require(workers != 0 && workers <= JN_MAX_WORKERS);
    if (app->owners.hash == JN_OWNER_KEYED)
        jn_owners_keyed(&app->owners, &app->hash_key, workers);
    app->l2_table = jn_l2_table_make(app->options.vpgs, app->options.vpg_devices, &app->hash_key);
    app->resolutions = jn_resolutions_make(app->options.vpgs);
    app->mirror_sequence = calloc((size_t)JN_VPG_PEERS * app->options.vpgs, sizeof(*app->mirror_sequence));
    if (app->l2_table == NULL || app->resolutions == NULL || app->mirror_sequence == NULL)
        rc = -ENOMEM;
    for (unsigned int i = 0; i < workers && rc == 0; i++) {
        jn_numa_prefer(app->numa.worker[i]);
        rc = make_thread(app, i);
    }
    jn_numa_prefer(JN_NUMA_ANY);
    for (unsigned int to = 0; to < workers && workers > 1; to++)
        for (unsigned int from = 0; from < workers && rc == 0; from++)
            if (to != from)
                rc = make_ring(app, &app->threads[to]->handover_ring[from], JN_HANDOVER_RING, "handover", to, from, 0);
    for (unsigned int i = 0; i < workers && rc == 0; i++)
        for (unsigned int port_idx = 0; port_idx < app->options.port_count && rc == 0; port_idx++)
            rc = make_tx(app, app->threads[i], port_idx);
    if (rc < 0) {
        snprintf(err, JN_ERR_MAX, "workers: no memory (memory_mb is %u)", app->options.memory_mb);
        return rc;
    }
    look_for_chains(app);
    warn_of_distance(app);
    deal_out(app);
    return 0;
}

static void
empty_ring(struct jn_worker *worker, struct rte_ring *ring) {
    struct rte_mbuf *mbuf;
    while (ring != NULL && rte_ring_sc_dequeue(ring, (void **)&mbuf) == 0)
        jn_tx_drop(worker, &mbuf, 1, JN_DROP_STOPPED);
}

static void
empty_aside(struct jn_worker *worker, struct jn_tx_aside *aside) {
    for (; aside->head != aside->tail; aside->tail++)
        jn_tx_drop(worker, &aside->mbufs[aside->tail & (JN_TX_ASIDE - 1)], 1, JN_DROP_STOPPED);
}

void
jn_workers_empty(struct jn_app *app) {
    uint64_t stopped = 0;
    for (unsigned int i = 0; i < app->options.worker_count; i++) {
        struct jn_thread *thread = app->threads[i];
        for (unsigned int from = 0; from < JN_MAX_WORKERS; from++) {
            empty_ring(&thread->worker, thread->handover_ring[from]);
            for (unsigned int port_idx = 0; port_idx < JN_MAX_PORTS; port_idx++) {
                empty_ring(&thread->worker, thread->tx_ring[from][port_idx]);
                empty_ring(&thread->worker, thread->mirror_ring[from][port_idx]);
                empty_ring(&thread->worker, thread->aside_ring[from][port_idx]);
            }
        }
        for (unsigned int port_idx = 0; port_idx < app->options.port_count; port_idx++) {
            struct jn_tx *tx = thread->worker.tx[port_idx];
            jn_tx_drain(&thread->worker, tx);
            for (; tx->head != tx->tail; tx->tail++)
                jn_tx_drop(&thread->worker, &tx->backlog[tx->tail & (JN_TX_BACKLOG - 1)], 1, JN_DROP_STOPPED);
            empty_aside(&thread->worker, &tx->requests);
            empty_aside(&thread->worker, &tx->answers);
        }
        stopped += thread->worker.counters->drops[JN_DROP_STOPPED];
    }
    if (stopped != 0)
        jn_log(JN_LOG_WARNING, "%lu frames were still on their way", (unsigned long)stopped);
}

void
jn_workers_free(struct jn_app *app) {
    for (unsigned int i = 0; i < app->options.worker_count && app->threads[i] != NULL; i++) {
        struct jn_thread *thread = app->threads[i];
        for (unsigned int from = 0; from < JN_MAX_WORKERS; from++) {
            rte_ring_free(thread->handover_ring[from]);
            for (unsigned int port_idx = 0; port_idx < JN_MAX_PORTS; port_idx++) {
                rte_ring_free(thread->tx_ring[from][port_idx]);
                rte_ring_free(thread->mirror_ring[from][port_idx]);
                rte_ring_free(thread->aside_ring[from][port_idx]);
            }
        }
        for (unsigned int port_idx = 0; port_idx < JN_MAX_PORTS; port_idx++)
            rte_free(thread->worker.tx[port_idx]);
        jn_worker_vpgs_free(&thread->worker);
        jn_reassembly_free(thread->worker.redirect->reassembly);
        free(thread->worker.underlay->limits);
        rte_free(thread->worker.flow->fragments.entries);
        rte_free(thread->homed.entries);
        jn_tcp_linger_free(&thread->worker.flow->linger);
        jn_expiry_free(&thread->worker.flow->expiry);
        jn_sampling_free(&thread->worker.flow->sampling);
        rte_free(thread);
    }
    jn_l2_table_free(app->l2_table);
    free(app->resolutions);
    free(app->mirror_sequence);
}

void
jn_workers_follow(struct jn_app *app, unsigned int port_idx) {
    for (unsigned int i = 0; i < app->options.worker_count; i++) {
        struct jn_tx *tx = app->threads[i]->worker.tx[port_idx];
        tx->ethdev = app->ports[port_idx].ethdev;
        tx->longest = app->ports[port_idx].longest;
        __atomic_store_n(&tx->segments, app->ports[port_idx].segments, __ATOMIC_RELAXED);
        tx->keeps = false; // another device may stand in its place
        describe_port(app, port_idx, &app->threads[i]->worker.underlay->port[port_idx]);
    }
    look_for_chains(app);
}
