// SPDX-License-Identifier: BSD-3-Clause
// Two workers of the product itself, with packets that go round and round between two ports, most of them handed over by
// the worker that receives to the worker that owns the flow, and back to the one that sends. Meanwhile the main thread
// brings one policy after the other into force and frees the former, somebody reads the flows, and somebody the records.
// DPDK's rings are inline code: they are compiled with RTE_USE_C11_MEM_MODEL, whose acquire and release operations
// ThreadSanitizer understands. The ports are rings inside DPDK's libraries, which it does not see: each is used by one
// thread alone. So nothing is suppressed.
// To see it fail: in the worker's loop take app->rules relaxed, or in bring_into_force (policy_watch.c) free the former rules
// before the workers have acknowledged the new ones.
#define _GNU_SOURCE
#include "threads.h"

#include <sched.h>
#include <unistd.h>

#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "clock_watch.h"
#include "core/tx.h"
#include "eal.h"
#include "policy_text.h"
#include "policy_watch.h"
#include "regions.h"
#include "rig/frame.h"
#include "worker/worker_loop.h"
#include "worker/worker_make.h"
#include "worker/worker_wait.h"

enum { FRAMES = 256, RING = 1024, POLICIES = 40, WORKERS = 2, PORTS = 2, FLOWS = 4096, RECORDS = 1024 };

static struct jn_app app;
static struct rte_ring *wire[PORTS];
static struct rte_mempool *pool;
static struct jn_shm policy_shm;
static struct jn_consumed_region consumed; // the exporter's
static char instance[JN_INSTANCE_MAX], err[JN_ERR_MAX];
static int done;

static const char *const texts[] = {
    "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"]}]",
    "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/10\"],\"rules\":[{\"match\":{\"protocol\":\"udp\","
    "\"remote_ports\":[53]},\"inspect\":false}]}]",
    "[{\"id\":\"w\",\"device_subnets\":[\"10.128.0.0/9\"]}]",
};

static void
open_port(unsigned int number) {
    char name[16];
    snprintf(name, sizeof(name), "wire%u", number);
    wire[number] = rte_ring_create(name, RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
    assert_non_null(wire[number]);
    int port = rte_eth_from_rings(name, &wire[number], 1, &wire[number], 1, SOCKET_ID_ANY);
    assert_true(port >= 0);
    assert_int_equal(rte_eth_dev_configure((uint16_t)port, 1, 1, &(struct rte_eth_conf){0}), 0);
    assert_int_equal(rte_eth_rx_queue_setup((uint16_t)port, 0, RING, SOCKET_ID_ANY, NULL, pool), 0);
    assert_int_equal(rte_eth_tx_queue_setup((uint16_t)port, 0, RING, SOCKET_ID_ANY, NULL), 0);
    assert_int_equal(rte_eth_dev_start((uint16_t)port), 0);
    app.ports[number] = (struct jn_port){.ethdev = (uint16_t)port,
                                         .mtu = 1500,
                                         .rx_queues = 1,
                                         .tx_queues = 1,
                                         .state = JN_PORT_UP,
                                         .longest = UINT32_MAX,
                                         .lock = -1};
}

// All that is ever sent: each frame comes back by the port that it left by.
static void
fill_wire(void) {
    for (uint32_t i = 0; i < FRAMES; i++) {
        struct frame_spec spec = {.source = 0x0a800000 + i % 100,
                                  .destination = 0xc6120000 + i % 7,
                                  .source_port = (uint16_t)(40000 + i % 3),
                                  .destination_port = 53,
                                  .protocol = i % 4 == 0 ? 6 : 17,
                                  .tcp_flags = 0x10,
                                  .payload = 18};
        struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
        assert_non_null(mbuf);
        uint8_t *data = rte_pktmbuf_mtod(mbuf, uint8_t *);
        mbuf->data_len = (uint16_t)frame_build(&spec, data);
        mbuf->pkt_len = mbuf->data_len;
        assert_int_equal(rte_ring_sp_enqueue(wire[i % PORTS], mbuf), 0);
    }
}

static void
make_app(void) {
    struct jn_options *o = &app.options;
    cpu_set_t allowed;
    snprintf(instance, sizeof(instance), "tsan-%d", (int)getpid());
    *o = (struct jn_options){.instance = instance,
                             .port_count = PORTS,
                             .wires = {{.name = "w", .access = 0, .network = 1}},
                             .wire_count = 1,
                             .worker_count = WORKERS,
                             .memory_mb = 128,
                             .flow_entries = WORKERS * FLOWS,
                             .record_entries = RECORDS,
                             .vpgs = 16,
                             .vpg_devices = 64,
                             .mbufs = 1024,
                             .idle = JN_IDLE_SLEEP,
                             .idle_max_us = 50};
    CPU_ZERO(&allowed);
    assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
    for (unsigned int core = 0, n = 0; n < WORKERS; core = (core + 1) % CPU_SETSIZE)
        if (CPU_ISSET(core, &allowed))
            o->worker_cores[n++] = core;
    struct jn_host host;
    jn_host_look(&host);
    if (jn_eal_start(o, &host, JN_IOVA_VIRTUAL, err) < 0 || jn_regions_make(&app, err) < 0)
        fail_msg("%s", err);
    pool = rte_pktmbuf_pool_create("frames", 2 * FRAMES, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    assert_non_null(pool);
    for (unsigned int i = 0; i < PORTS; i++)
        open_port(i);
    if (jn_workers_make(&app, err) < 0)
        fail_msg("%s", err);
    for (unsigned int i = 0; i < WORKERS; i++) {
        jn_consumed_begin(&consumed.rings[i], app.records->header.boot, 0);
        app.threads[i]->worker.flow->consumed = &consumed.rings[i];
    }
    jn_clock_note(&app.clock);
}

static void *
worker(void *argument) {
    jn_worker_run(argument);
    return NULL;
}

// Until the workers have stopped, and what they wrote last.
static void *
exporter(void *argument) {
    (void)argument;
    for (bool last = false; !last;) {
        last = __atomic_load_n(&done, __ATOMIC_ACQUIRE);
        for (unsigned int w = 0; w < WORKERS; w++) {
            const struct jn_ring *ring = &app.records->rings[w];
            uint64_t tail = consumed.rings[w].tail, head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
            for (; tail < head; tail++)
                must(jn_ring_first(app.records, ring)[tail % RECORDS].worker == w);
            __atomic_store_n(&consumed.rings[w].tail, tail, __ATOMIC_RELEASE);
        }
        sched_yield();
    }
    return NULL;
}

static void *
reader(void *argument) {
    (void)argument;
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
        struct jn_flow_entry entry;
        for (unsigned int w = 0; w < WORKERS; w++)
            for (uint32_t number = 0; number < FLOWS; number++)
                must(!jn_flow_snapshot(app.flows, app.flows_shm.size, w, number, &entry) ||
                     jn_flow_port(&entry, 1) == 53 || jn_flow_port(&entry, 0) == 53);
        sched_yield();
    }
    return NULL;
}

static void
bring_policies(void) {
    struct jn_policy *policy = NULL;
    if (jn_shm_create(&policy_shm, instance, JN_REGION_POLICY, jn_policy_region_size(), 0, false, false, err) < 0)
        fail_msg("%s", err);
    jn_policy_region_init(policy_shm.base);
    jn_shm_ready(&policy_shm);
    for (unsigned int i = 0; i < POLICIES; i++) {
        struct jn_policy *next = policy_from_text(texts[i % 3], policy);
        free(policy);
        policy = next;
        if (jn_policy_publish(policy_shm.base, policy, err) < 0)
            fail_msg("%s", err);
        assert_true(jn_policy_watch(&app, 1000));
        jn_clock_watch(&app, (1 + i % 3) * UINT64_C(1000000000)); // plans change, too
        jn_workers_flush_pool(&app, pool);                        // as when a port's device has gone
    }
    free(policy);
}

static void
test_workers(void **state) {
    (void)state;
    make_app();
    fill_wire();
    pthread_t threads[WORKERS + 2];
    for (unsigned int i = 0; i < WORKERS; i++)
        threads[i] = begin_thread(worker, app.threads[i]);
    threads[WORKERS] = begin_thread(exporter, NULL);
    threads[WORKERS + 1] = begin_thread(reader, NULL);
    bring_policies();
    __atomic_store_n(&app.stop, 1, __ATOMIC_RELEASE);
    for (unsigned int i = 0; i < WORKERS; i++)
        join_thread(threads[i]);
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    join_thread(threads[WORKERS]);
    join_thread(threads[WORKERS + 1]);
    uint64_t dropped = 0;
    jn_workers_empty(&app);
    for (unsigned int i = 0; i < WORKERS; i++) {
        assert_true(app.counters->workers[i].rx_packets > FRAMES);
        for (unsigned int reason = 0; reason < JN_DROP_COUNT; reason++)
            dropped += app.counters->workers[i].drops[reason];
    }
    assert_int_equal(rte_ring_count(wire[0]) + rte_ring_count(wire[1]) + dropped, FRAMES);
    for (unsigned int i = 0; i < WORKERS; i++)
        assert_int_equal(jn_ring_believe(&app.records->rings[i], &consumed.rings[i], app.records->header.boot),
                         UINT64_MAX);
    jn_regions_remove(&app);
    jn_policy_stop(&app);
    jn_workers_free(&app);
    jn_shm_remove(&policy_shm);
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_workers)};
    jn_log_open("tsan");
    jn_log_set_level(JN_LOG_WARNING);
    return cmocka_run_group_tests_name("workers under ThreadSanitizer", tests, NULL, NULL);
}
