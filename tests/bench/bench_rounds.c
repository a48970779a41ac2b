// SPDX-License-Identifier: BSD-3-Clause
// How long a worker stays away from its ports while something is changed, with a million flows: bench_rounds [FLOWS]. Each
// operation, beside the same run without one. The worker is the product's, at full rate between ports that are rings, so that
// no system call is in it; frames become those of the next flow as they come in.
// A machine with other work takes the core away now and then. So, as root, nothing else runs on the worker's core while it
// is measured; each run is repeated; and the shortest of the longest gaps stands in the table: what the operation needs.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "bench.h"
#include "bench_policy.h"
#include "core/tx.h"
#include "eal.h"
#include "policy/ruleset.h"
#include "policy_watch.h"
#include "regions.h"
#include "worker/worker_loop.h"
#include "worker/worker_make.h"

enum { FRAMES = 256, RING = 1024, PORTS = 3, TUNNEL = 2, ROUNDS = 8, MEASURED_MS = 500, RECORDS = 65536, VPGS = 4 };

static struct jn_app app;
static struct rte_ring *wire[PORTS];
static struct jn_shm policy_shm;
static struct jn_policy *policy;
static char instance[JN_INSTANCE_MAX], err[JN_ERR_MAX];
static uint32_t flows = 1000000;
static uint8_t frames[2][64];
static uint32_t frame_length[2];
static int done;

#define TWO   "{\"id\":\"bench\"},{\"id\":\"five\",\"vlan\":5}"
#define THREE TWO ",{\"id\":\"six\",\"vlan\":6}"
#define FOUR  THREE ",{\"id\":\"seven\",\"vlan\":7}"
#define OTHER                                                                                                          \
    "{\"id\":\"bench\"},{\"id\":\"other\",\"vlan\":5},{\"id\":\"six\",\"vlan\":6},{\"id\":\"seven\",\"vlan\":7}"
#define RULE                                                                                                           \
    "{\"id\":\"bench\",\"rules\":[{\"match\":{\"protocol\":\"tcp\"},\"drop\":true}]},{\"id\":\"five\",\"vlan\":5}"
#define PEER "{\"id\":\"bench\",\"mirroring\":{\"peers\":[{\"address\":\"198.18.0.10\"}]}},{\"id\":\"five\",\"vlan\":5}"
#define GATE                                                                                                           \
    "{\"id\":\"bench\",\"device_subnets\":[\"10.0.0.0/8\"],\"gate\":{\"address\":\"10.0.0.1/"                          \
    "24\",\"peers\":[{\"outer\":\"198.18.0.20\",\"inner\":"                                                            \
    "\"10.0.0.2\"}]}},{\"id\":\"five\",\"vlan\":5}"
#define OTHERS "{\"id\":\"a\"},{\"id\":\"b\",\"vlan\":5}"

static const struct operation {
    const char *name, *before, *after; // VPGs; after: NULL for none
    unsigned int interval_s;
} operations[] = {
    {"nothing", TWO, NULL, 3600},
    {"an interval ends", TWO, NULL, 1},
    {"a VPG is added", TWO, THREE, 3600},
    {"a VPG is removed", TWO, "{\"id\":\"bench\"}", 3600},
    {"a VPG is removed, another gets its index", FOUR, OTHER, 3600},
    {"a rule is changed", TWO, RULE, 3600},
    {"a mirroring peer is added", TWO, PEER, 3600},
    {"a mirroring peer is removed", PEER, TWO, 3600},
    {"a gate is opened", TWO, GATE, 3600},
    {"a gate is closed", GATE, TWO, 3600},
    {"reload: all VPGs are others", TWO, OTHERS, 3600},
};

static void
stop_with(const char *what) {
    fprintf(stderr, "bench_rounds: %s\n", what);
    exit(1);
}

static uint64_t
now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// Called by the worker for each burst: every frame is of the next flow, half of them of VLAN 5.
static uint16_t
next_flows(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count, uint16_t most, void *context) {
    static uint32_t next;
    (void)port, (void)queue, (void)most, (void)context;
    for (uint16_t i = 0; i < count; i++) {
        uint8_t *data = rte_pktmbuf_mtod(mbufs[i], uint8_t *);
        unsigned int tagged = next & 1;
        memcpy(data, frames[tagged], sizeof(frames[0]));
        uint8_t *ports = data + (tagged ? 38 : 34);
        ports[0] = (uint8_t)(next >> 9);
        ports[1] = (uint8_t)(next >> 1);
        ports[2] = (uint8_t)(next >> 17);
        mbufs[i]->data_len = (uint16_t)frame_length[tagged];
        mbufs[i]->pkt_len = frame_length[tagged];
        next = next + 1 < flows ? next + 1 : 0;
    }
    return count;
}

static void
open_port(unsigned int number, struct rte_mempool *pool) {
    char name[16];
    snprintf(name, sizeof(name), "wire%u", number);
    wire[number] = rte_ring_create(name, RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
    int port = rte_eth_from_rings(name, &wire[number], 1, &wire[number], 1, SOCKET_ID_ANY);
    if (port < 0 || rte_eth_dev_configure((uint16_t)port, 1, 1, &(struct rte_eth_conf){0}) != 0 ||
        rte_eth_rx_queue_setup((uint16_t)port, 0, RING, SOCKET_ID_ANY, NULL, pool) != 0 ||
        rte_eth_tx_queue_setup((uint16_t)port, 0, RING, SOCKET_ID_ANY, NULL) != 0 ||
        rte_eth_dev_start((uint16_t)port) != 0)
        stop_with("no ports of rings");
    if (number != TUNNEL)
        rte_eth_add_rx_callback((uint16_t)port, 0, next_flows, NULL);
    app.ports[number] = (struct jn_port){.option = &app.options.ports[number],
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
    struct jn_options *o = &app.options;
    snprintf(instance, sizeof(instance), "bench-%d", (int)getpid());
    *o = (struct jn_options){.instance = instance,
                             .port_count = PORTS,
                             .wires = {{.name = "w", .access = 0, .network = 1}},
                             .wire_count = 1,
                             .worker_count = 1,
                             .worker_cores = {(unsigned int)sysconf(_SC_NPROCESSORS_ONLN) - 1},
                             .memory_mb = 256,
                             .flow_entries = 2 * flows,
                             .record_entries = RECORDS,
                             .vpgs = VPGS,
                             .mbufs = 4096,
                             .idle = JN_IDLE_NEVER};
    struct jn_host host;
    jn_host_look(&host);
    if (jn_eal_start(o, &host, JN_IOVA_VIRTUAL, err) < 0 || jn_regions_make(&app, err) < 0)
        stop_with(err);
    struct rte_mempool *pool =
        rte_pktmbuf_pool_create("frames", 2 * FRAMES, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    for (unsigned int i = 0; i < PORTS; i++)
        open_port(i, pool);
    if (jn_workers_make(&app, err) < 0)
        stop_with(err);
    struct frame_spec spec = {.source = 0x0a800001, .destination = 0xc6120001, .protocol = 17, .payload = 18};
    frame_length[0] = frame_build(&spec, frames[0]);
    spec.vlan = 5;
    frame_length[1] = frame_build(&spec, frames[1]);
    for (uint32_t i = 0; i < FRAMES; i++)
        rte_ring_sp_enqueue(wire[i % 2], rte_pktmbuf_alloc(pool));
    jn_clock_note(&app.clock);
}

static void *
worker(void *argument) {
    cpu_set_t core;
    CPU_ZERO(&core);
    CPU_SET(app.options.worker_cores[0], &core);
    pthread_setaffinity_np(pthread_self(), sizeof(core), &core);
    jn_worker_run(argument);
    return NULL;
}

// For less than a second at a time: the kernel gives others their share.
static void
alone_on_its_core(pthread_t thread, bool alone) {
    pthread_setschedparam(thread, alone ? SCHED_FIFO : SCHED_OTHER, &(struct sched_param){.sched_priority = alone});
}

static void *
exporter(void *argument) {
    struct jn_ring *ring = &app.records->rings[0];
    (void)argument;
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
        __atomic_store_n(&ring->tail, __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
        sched_yield();
    }
    return NULL;
}

static void
bring(const char *vpgs, unsigned int interval_s) {
    struct jn_policy *next = bench_policy(vpgs, VPGS, interval_s, policy);
    free(policy);
    policy = next;
    if (jn_policy_publish(policy_shm.base, policy, err) < 0 || !jn_policy_watch(&app, 1000))
        stop_with("a policy is not taken");
    for (uint32_t i = 0; i < app.rules->neighbour_count; i++) // a ring answers no ARP
        app.neighbours->neighbours[i].state_mac = (uint64_t)JN_NEIGHBOUR_REACHABLE << 48 | UINT64_C(0x020000000063);
}

static void
wait_ms(uint64_t ms) {
    for (uint64_t end = now_ms() + ms; now_ms() < end;) {
        jn_clock_note(&app.clock);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
}

// All flows have been seen under these VPGs, and what the change to them took is over.
static void
settle(void) {
    const struct jn_worker_counters *c = &app.counters->workers[0];
    uint64_t enough = c->rx_packets + 2 * (uint64_t)flows;
    for (int tries = 0; __atomic_load_n(&c->rx_packets, __ATOMIC_RELAXED) < enough; tries++) {
        if (tries == 600)
            stop_with("the worker forwards nothing");
        wait_ms(100);
    }
    if (c->flows_active < flows)
        stop_with("not all flows are in the table");
}

struct gaps {
    double longest_us;
    uint64_t work[JN_WORK_BUCKETS], rounds, lost;
};

static void
measure(const struct operation *operation, pthread_t thread, struct gaps *gaps) {
    struct jn_worker_counters *c = &app.counters->workers[0], before;
    bring(operation->before, operation->interval_s);
    settle();
    alone_on_its_core(thread, true);
    before = *c;
    c->longest_work_cycles = 0; // the worker's; that a word of it is lost does not matter here
    if (operation->after != NULL)
        bring(operation->after, operation->interval_s);
    wait_ms(MEASURED_MS * (operation->interval_s == 1 ? 2 : 1));
    double longest = (double)c->longest_work_cycles * 1e6 / (double)rte_get_tsc_hz();
    alone_on_its_core(thread, false);
    gaps->longest_us = gaps->longest_us == 0 || longest < gaps->longest_us ? longest : gaps->longest_us;
    for (unsigned int i = 0; i < JN_WORK_BUCKETS; i++)
        gaps->work[i] += c->work[i] - before.work[i];
    gaps->lost += c->exceptions[JN_EXCEPTION_RECORD_LOST] - before.exceptions[JN_EXCEPTION_RECORD_LOST];
}

static void
print_gaps(const struct operation *operation, const struct gaps *gaps) {
    printf("%-42s%10.0f", operation->name, gaps->longest_us);
    for (unsigned int i = 3; i < JN_WORK_BUCKETS; i++)
        printf("%9lu", (unsigned long)gaps->work[i]);
    printf("%10lu\n", (unsigned long)gaps->lost);
    fflush(stdout);
}

static void
open_policies(void) {
    if (jn_shm_create(&policy_shm, instance, JN_REGION_POLICY, jn_policy_region_size(), 0, false, false, err) < 0)
        stop_with(err);
    jn_policy_region_init(policy_shm.base);
    jn_shm_ready(&policy_shm);
}

int
main(int argc, char **argv) {
    pthread_t threads[2];
    flows = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : flows;
    jn_log_set_level(JN_LOG_ERROR);
    make_app();
    open_policies();
    pthread_create(&threads[0], NULL, worker, app.threads[0]);
    pthread_create(&threads[1], NULL, exporter, NULL);
    printf("rounds with %u flows, microseconds from poll to poll\n%-42s%10s", flows, "operation", "longest");
    for (unsigned int i = 3; i + 1 < JN_WORK_BUCKETS; i++)
        printf("%9u", 1u << i);
    printf("%9s%10s\n", "more", "lost");
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        struct gaps gaps = {0};
        for (int round = 0; round < ROUNDS; round++)
            measure(&operations[i], threads[0], &gaps);
        print_gaps(&operations[i], &gaps);
    }
    __atomic_store_n(&app.stop, 1, __ATOMIC_RELEASE);
    pthread_join(threads[0], NULL);
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    pthread_join(threads[1], NULL);
    jn_regions_remove(&app);
    jn_shm_remove(&policy_shm);
    return 0;
}
