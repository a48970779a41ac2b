// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "rounds_world.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "bench.h"
#include "bench_policy.h"
#include "classified.h"
#include "classifier.h"
#include "clock_read.h"
#include "core/tx.h"
#include "eal.h"
#include "gate.h"
#include "packet/bytes.h"
#include "policy/ruleset.h"
#include "policy_watch.h"
#include "regions.h"
#include "replay_gateway.h"
#include "worker/worker_loop.h"
#include "worker/worker_make.h"

enum { FRAMES = 256, RING = 1024, PORTS = 3, TUNNEL = 2, RECORDS = 65536, SAMPLES = 4096, OUTER = 50, FEW = 256 };

struct world world = {.vlans = 0, .gateway_up = 3, .classifier_away = 1};
static struct rte_ring *wire[PORTS];
static struct rte_mempool *pool;
static struct jn_shm policy_shm, classified_shm;
static struct jn_policy *policy;
static char instance[JN_INSTANCE_MAX], err[JN_ERR_MAX];
static uint8_t frames[2][64];
static uint32_t frame_length[2];
static pthread_t others;
static int done;

void
world_stop_with(const char *what) {
    fprintf(stderr, "bench_rounds: %s\n", what);
    exit(1);
}

static void
make_frame(struct rte_mbuf *mbuf, uint32_t number) {
    bool tagged = world.vlans != 0 || (number & 1);
    rte_pktmbuf_reset(mbuf);
    uint8_t *data = rte_pktmbuf_mtod(mbuf, uint8_t *);
    memcpy(data, frames[tagged], sizeof(frames[0]));
    if (world.vlans != 0)
        jn_put_be16(data + 14, (uint16_t)(1 + number % world.vlans));
    uint8_t *ip = data + (tagged ? 18 : 14), *ports = ip + 20;
    if (world.flows == WORLD_NEW)
        ip[15] = (uint8_t)(number >> 24);
    ports[0] = (uint8_t)(number >> 9);
    ports[1] = (uint8_t)(number >> 1);
    ports[2] = (uint8_t)(number >> 17);
    mbuf->data_len = (uint16_t)frame_length[tagged];
    mbuf->pkt_len = frame_length[tagged];
}

// What was dropped meanwhile comes in again.
static void
replace_dropped(void) {
    for (unsigned int missing = rte_mempool_avail_count(pool) - FRAMES; missing > 0 && missing <= FRAMES; missing--)
        rte_ring_sp_enqueue(wire[0], rte_pktmbuf_alloc(pool));
}

// Called by the worker for each burst of a wire.
static uint16_t
next_flows(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count, uint16_t most, void *context) {
    static uint32_t next, newest = 1u << 26;
    (void)queue, (void)most, (void)context;
    if (port == world.app.ports[0].ethdev) {
        rounds_polled(&world.gaps);
        replace_dropped();
    }
    uint32_t end = world.flows == WORLD_FEW ? FEW : world.count;
    for (uint16_t i = 0; i < count; i++) {
        make_frame(mbufs[i], world.flows == WORLD_NEW ? newest++ : next);
        next = next + 1 < end ? next + 1 : 0;
    }
    return count;
}

// The gateway's answer to an ARP request, in place; all else goes back as it came.
static void
answer(uint8_t *frame) {
    uint8_t *inner = frame + OUTER, *arp = inner + 14;
    if (jn_be16(inner + 12) != 0x0806 || arp[7] != 1)
        return;
    uint8_t asker[10], asked[4], mac[6] = {2, 0, 0, 0, 0, arp[27]};
    memcpy(asker, arp + 8, 10);
    memcpy(asked, arp + 24, 4);
    arp[7] = 2;
    memcpy(arp + 8, mac, 6);
    memcpy(arp + 14, asked, 4);
    memcpy(arp + 18, asker, 10);
    memcpy(inner, asker, 6);
    memcpy(inner + 6, mac, 6);
}

// What the tunnel port has sent comes in here. A gateway that is down takes it; the wire's frames are needed again.
static uint16_t
gateways(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count, uint16_t most, void *context) {
    uint16_t kept = 0;
    (void)port, (void)queue, (void)most, (void)context;
    for (uint16_t i = 0; i < count; i++) {
        uint8_t *frame = rte_pktmbuf_mtod(mbufs[i], uint8_t *);
        unsigned int number = frame[33] - 20u; // the outer destination's last byte
        bool up = number < 2 && (__atomic_load_n(&world.gateway_up, __ATOMIC_RELAXED) >> number & 1);
        if (up && mbufs[i]->nb_segs == 1 && jn_replay_reflect(frame, mbufs[i]->data_len)) {
            answer(frame);
            mbufs[kept++] = mbufs[i];
        } else if (mbufs[i]->pool != pool || rte_mbuf_refcnt_read(mbufs[i]) != 1 ||
                   rte_ring_sp_enqueue(wire[0], mbufs[i]) != 0)
            rte_pktmbuf_free(mbufs[i]);
    }
    return kept;
}

static void
open_port(unsigned int number) {
    char name[16];
    snprintf(name, sizeof(name), "wire%u", number);
    wire[number] = rte_ring_create(name, RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
    int port = rte_eth_from_rings(name, &wire[number], 1, &wire[number], 1, SOCKET_ID_ANY);
    if (port < 0 || rte_eth_dev_configure((uint16_t)port, 1, 1, &(struct rte_eth_conf){0}) != 0 ||
        rte_eth_rx_queue_setup((uint16_t)port, 0, RING, SOCKET_ID_ANY, NULL, pool) != 0 ||
        rte_eth_tx_queue_setup((uint16_t)port, 0, RING, SOCKET_ID_ANY, NULL) != 0 ||
        rte_eth_dev_start((uint16_t)port) != 0)
        world_stop_with("no ports of rings");
    rte_eth_add_rx_callback((uint16_t)port, 0, number == TUNNEL ? gateways : next_flows, NULL);
    world.app.ports[number] = (struct jn_port){.option = &world.app.options.ports[number],
                                               .ethdev = (uint16_t)port,
                                               .mtu = 1500,
                                               .rx_queues = 1,
                                               .tx_queues = 1,
                                               .state = JN_PORT_UP,
                                               .longest = UINT32_MAX,
                                               .lock = -1};
}

static void
make_app(void) {
    struct jn_app *app = &world.app;
    struct jn_options *o = &app->options;
    struct jn_host host;
    snprintf(instance, sizeof(instance), "bench-%d", (int)getpid());
    *o = (struct jn_options){.instance = instance,
                             .port_count = PORTS,
                             .wires = {{.name = "w", .access = 0, .network = 1}},
                             .wire_count = 1,
                             .worker_count = 1,
                             .worker_cores = {(unsigned int)sysconf(_SC_NPROCESSORS_ONLN) - 1},
                             .memory_mb = 256,
                             .flow_entries = 2 * world.count,
                             .record_entries = RECORDS,
                             .vpgs = WORLD_VPGS,
                             .vpg_devices = 8192,
                             .classify = SAMPLES,
                             .mbufs = 4096,
                             .idle = JN_IDLE_NEVER};
    jn_host_look(&host);
    if (jn_eal_start(o, &host, JN_IOVA_VIRTUAL, err) < 0 || jn_regions_make(app, err) < 0)
        world_stop_with(err);
    pool = rte_pktmbuf_pool_create("frames", 2 * FRAMES, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    for (unsigned int i = 0; i < PORTS; i++)
        open_port(i);
    if (jn_workers_make(app, err) < 0)
        world_stop_with(err);
}

static void
make_frames(void) {
    struct frame_spec spec = {.source = 0x0a800001, .destination = 0xc6120001, .protocol = 17, .payload = 18};
    frame_length[0] = frame_build(&spec, frames[0]);
    spec.vlan = 5;
    frame_length[1] = frame_build(&spec, frames[1]);
    for (uint32_t i = 0; i < FRAMES; i++)
        rte_ring_sp_enqueue(wire[i % 2], rte_pktmbuf_alloc(pool));
}

static void
run_on(unsigned int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static void *
run_worker(void *argument) {
    run_on(world.app.options.worker_cores[0]);
    jn_worker_run(argument);
    return NULL;
}

// The exporter and the classifier: all that they are given, they take.
static void *
run_others(void *argument) {
    struct jn_ring *ring = &world.app.records->rings[0];
    struct jn_sample_ring *samples = &world.app.samples->rings[0];
    (void)argument;
    for (; !__atomic_load_n(&done, __ATOMIC_ACQUIRE); sched_yield()) {
        if (!__atomic_load_n(&world.exporter_away, __ATOMIC_ACQUIRE))
            __atomic_store_n(&ring->tail, __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
        if (__atomic_load_n(&world.classifier_away, __ATOMIC_ACQUIRE))
            continue;
        struct jn_answer_ring *answers = &((struct jn_classified_region *)classified_shm.base)->rings[0];
        __atomic_store_n(&answers->samples_tail, __atomic_load_n(&samples->head, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
    }
    return NULL;
}

static void
open_policies(void) {
    if (jn_shm_create(&policy_shm, instance, JN_REGION_POLICY, jn_policy_region_size(), 0, false, false, err) < 0 ||
        jn_shm_create(&classified_shm, instance, JN_REGION_CLASSIFIED, jn_classified_size(1), 0, false, false, err) < 0)
        world_stop_with(err);
    jn_policy_region_init(policy_shm.base);
    jn_classified_init(classified_shm.base, 1, 1);
    jn_shm_ready(&policy_shm);
    jn_shm_ready(&classified_shm);
}

void
world_make(uint32_t flows) {
    world.count = flows;
    jn_log_set_level(JN_LOG_ERROR);
    make_app();
    make_frames();
    jn_clock_note(&world.app.clock);
    open_policies();
    run_on(0);
    pthread_create(&world.worker, NULL, run_worker, world.app.threads[0]);
    pthread_create(&others, NULL, run_others, NULL);
}

void
world_remove(void) {
    __atomic_store_n(&world.app.stop, 1, __ATOMIC_RELEASE);
    pthread_join(world.worker, NULL);
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    pthread_join(others, NULL);
    jn_regions_remove(&world.app);
    jn_shm_remove(&policy_shm);
    jn_shm_remove(&classified_shm);
}

void
world_alone(bool alone) {
    struct sched_param priority = {.sched_priority = alone};
    pthread_setschedparam(world.worker, alone ? SCHED_FIFO : SCHED_OTHER, &priority);
    pthread_setschedparam(pthread_self(), alone ? SCHED_FIFO : SCHED_OTHER, &priority);
}

double
world_bring(const char *vpgs, unsigned int interval_s, unsigned int idle_s) {
    struct jn_policy *next = bench_policy(vpgs, WORLD_VPGS, interval_s, idle_s, policy);
    free(policy);
    policy = next;
    uint64_t began_ns = jn_clock_read(CLOCK_MONOTONIC);
    if (jn_policy_publish(policy_shm.base, policy, err) < 0 || !jn_policy_watch(&world.app, 1000))
        world_stop_with("a policy is not taken");
    double ms = (double)(jn_clock_read(CLOCK_MONOTONIC) - began_ns) / 1e6;
    for (uint32_t i = 0; i < world.app.rules->neighbour_count; i++) // a ring answers no ARP
        world.app.neighbours->neighbours[i].state_mac =
            (uint64_t)JN_NEIGHBOUR_REACHABLE << 48 | UINT64_C(0x020000000063);
    return ms;
}

void
world_wait_ms(uint64_t ms) {
    for (uint64_t end = jn_clock_read(CLOCK_MONOTONIC) + ms * 1000000; jn_clock_read(CLOCK_MONOTONIC) < end;) {
        jn_clock_note(&world.app.clock);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
}

void
world_settle(void) {
    const struct jn_worker_counters *c = &world.app.counters->workers[0];
    uint64_t enough = c->rx_packets + 2 * (uint64_t)world.count;
    for (int tries = 0; __atomic_load_n(&c->rx_packets, __ATOMIC_RELAXED) < enough; tries++) {
        if (tries == 600)
            world_stop_with("the worker forwards nothing");
        world_wait_ms(100);
    }
    if (c->flows_active < world.count)
        world_stop_with("not all flows are in the table");
}

void
world_classifier(bool there) {
    struct jn_classified_region *region = classified_shm.base;
    __atomic_store_n(&world.classifier_away, !there, __ATOMIC_RELEASE);
    if (there) {
        __atomic_store_n(&region->header.life, region->header.life + 1, __ATOMIC_RELEASE);
        __atomic_store_n(&region->rings[0].samples_boot, world.app.samples->header.boot, __ATOMIC_RELEASE);
        jn_classifier_watch(&world.app);
    } else {
        __atomic_store_n(&world.app.threads[0]->worker.flow->sampling.shared, NULL, __ATOMIC_RELEASE);
    }
}
