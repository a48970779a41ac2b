// SPDX-License-Identifier: BSD-3-Clause
// Four workers of the product itself, and devices that spread frames as they are told, or do not: whatever they do, a flow is
// one flow, with its answers, its fragments, and what comes back from the gateway. Each way of dealing out is a process of its
// own, for DPDK can be started once.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "clock_watch.h"
#include "core/tx.h"
#include "eal.h"
#include "packet/put_headers.h"
#include "policy_of.h"
#include "policy_watch.h"
#include "regions.h"
#include "rig/frame.h"
#include "run_directory.h"
#include "test.h"
#include "worker/worker_loop.h"
#include "worker/worker_make.h"
#include "worker/worker_wait.h"

enum { WORKERS = 4, PORTS = 3, ACCESS = 0, NETWORK = 1, TUNNEL = 2, RING = 4096, FLOWS = 64, ROUNDS = 3, ROOM = 256 };
// Each round: a packet up, one down, and a datagram in two fragments up.
enum { FRAMES = FLOWS * ROUNDS * 4, OUTER = 14 + 20 + 8 + 8 };

enum placing { AS_TOLD, ALL_ON_ONE, ANYHOW };

static const struct way {
    const char *what;
    enum jn_owner_hash hash;
    unsigned int queues;
    enum placing placing;
    bool astray; // some frames are seen to come by the wrong queue
} ways[] = {
    {"software deals out", JN_OWNER_KEYED, 1, ALL_ON_ONE, false},
    {"devices hash addresses", JN_OWNER_ADDRESSES, 4, AS_TOLD, false},
    {"they say so, and put all on one queue", JN_OWNER_ADDRESSES, 4, ALL_ON_ONE, true},
    {"they hash something else", JN_OWNER_ADDRESSES, 4, ANYHOW, true},
    {"fewer queues than workers", JN_OWNER_ADDRESSES, 2, AS_TOLD, false},
    {"devices hash ports, too", JN_OWNER_PORTS, 4, AS_TOLD, false},
    {"they hash ports and say so, on fewer queues", JN_OWNER_PORTS, 2, AS_TOLD, false},
};

static const uint8_t own_mac[6] = {2, 0, 0, 0, 0, 2}, peer_mac[6] = {2, 0, 0, 0, 0, 0x63},
                     gate_mac[6] = {6, 7, 0, 0, 15, 1};

static const char configuration[] =
    "{\"dataplane\":{\"worker_cores\":[0],\"ports\":[{\"name\":\"a\",\"device\":\"net_null0\"},{\"name\":\"n\","
    "\"device\":\"net_null1\"},{\"name\":\"t\",\"device\":\"net_null2\",\"addresses\":[\"198.19.0.1/24\"]}],"
    "\"wires\":[{\"name\":\"w\",\"access\":\"a\",\"network\":\"n\"}]},\"inspection\":{\"interval_seconds\":3600},"
    "\"vpgs\":[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"],\"gate\":{\"address\":\"10.254.0.1/16\",\"mac\":"
    "\"06:07:00:00:0f:01\",\"vni\":10,\"peers\":[{\"outer\":\"198.19.0.20\",\"inner\":\"10.254.0.2\"}]},"
    "\"redirection\":"
    "{\"gateway\":\"10.254.0.2\",\"on_failure\":\"bypass\"}}]}";

static struct jn_app app;
static struct rte_ring *rx[PORTS][WORKERS], *tx[PORTS][WORKERS];
static struct rte_mempool *pool;
static struct jn_shm policy_shm;
static struct jn_consumed_region consumed;
static char instance[JN_INSTANCE_MAX], err[JN_ERR_MAX];
static const struct way *way;

// An assertion that also holds in a child.
static void
must(bool true_here, const char *what) {
    if (true_here)
        return;
    fprintf(stderr, "%s: %s\n", way->what, what);
    _exit(1);
}

static void
open_port(unsigned int number) {
    char name[16];
    for (unsigned int q = 0; q < way->queues; q++) {
        snprintf(name, sizeof(name), "rx%u-%u", number, q);
        rx[number][q] = rte_ring_create(name, RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
        snprintf(name, sizeof(name), "tx%u-%u", number, q);
        tx[number][q] = rte_ring_create(name, RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
        must(rx[number][q] != NULL && tx[number][q] != NULL, "no rings");
    }
    snprintf(name, sizeof(name), "port%u", number);
    int port = rte_eth_from_rings(name, rx[number], way->queues, tx[number], way->queues, SOCKET_ID_ANY);
    must(port >= 0, "no port");
    uint16_t ethdev = (uint16_t)port, queues = (uint16_t)way->queues;
    must(rte_eth_dev_configure(ethdev, queues, queues, &(struct rte_eth_conf){0}) == 0, "not configured");
    for (uint16_t q = 0; q < queues; q++)
        must(rte_eth_rx_queue_setup(ethdev, q, RING, SOCKET_ID_ANY, NULL, pool) == 0 &&
                 rte_eth_tx_queue_setup(ethdev, q, RING, SOCKET_ID_ANY, NULL) == 0,
             "no queue");
    must(rte_eth_dev_start(ethdev) == 0, "not started");
    app.ports[number] = (struct jn_port){.ethdev = ethdev,
                                         .mtu = 1500,
                                         .rx_queues = queues,
                                         .tx_queues = queues,
                                         .state = JN_PORT_UP,
                                         .longest = UINT32_MAX,
                                         .lock = -1};
    memcpy(app.counters->ports[number].mac, own_mac, 6);
}

static void
make_app(void) {
    cpu_set_t allowed;
    snprintf(instance, sizeof(instance), "dealing-%d", (int)getpid());
    app.options = (struct jn_options){.instance = instance,
                                      .port_count = PORTS,
                                      .wires = {{.name = "w", .access = ACCESS, .network = NETWORK}},
                                      .wire_count = 1,
                                      .worker_count = WORKERS,
                                      .memory_mb = 192,
                                      .flow_entries = WORKERS * 1024,
                                      .record_entries = 4096,
                                      .vpgs = 16,
                                      .vpg_devices = 64,
                                      .mbufs = 1024,
                                      .idle = JN_IDLE_SLEEP,
                                      .idle_max_us = 50};
    CPU_ZERO(&allowed);
    must(sched_getaffinity(0, sizeof(allowed), &allowed) == 0, "no cores");
    for (unsigned int core = 0, n = 0; n < WORKERS; core = (core + 1) % CPU_SETSIZE)
        if (CPU_ISSET(core, &allowed))
            app.options.worker_cores[n++] = core;
    struct jn_host host;
    jn_host_look(&host);
    if (jn_eal_start(&app.options, &host, JN_IOVA_VIRTUAL, err) < 0 || jn_regions_make(&app, err) < 0)
        must(false, err);
    pool = rte_pktmbuf_pool_create("frames", 8191, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    must(pool != NULL, "no buffers");
    for (unsigned int i = 0; i < PORTS; i++)
        open_port(i);
    if (way->hash != JN_OWNER_KEYED)
        jn_owners_toeplitz(&app.owners, way->hash, 128, WORKERS);
    if (jn_workers_make(&app, err) < 0)
        must(false, err);
    for (unsigned int i = 0; i < WORKERS; i++) {
        jn_consumed_begin(&consumed.rings[i], app.records->header.boot, 0);
        app.threads[i]->worker.flow->consumed = &consumed.rings[i];
    }
    jn_clock_note(&app.clock);
    jn_clock_watch(&app, 0);
}

static void
bring_policy(void) {
    struct jn_policy *policy = policy_of(configuration, NULL);
    policy->interval_ns = 0; // no interval ends in between
    must(jn_shm_create(&policy_shm, instance, JN_REGION_POLICY, jn_policy_region_size(), 0, false, false, err) == 0,
         err);
    jn_policy_region_init(policy_shm.base);
    jn_shm_ready(&policy_shm);
    must(jn_policy_publish(policy_shm.base, policy, err) == 0, err);
    must(jn_policy_watch(&app, 1000), "no policy");
    free(policy);
}

// Where the device puts a frame: order within a direction of a flow is kept.
static unsigned int
queue_for(const uint8_t *frame, uint32_t length) {
    struct jn_packet packet;
    jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &packet);
    switch (way->placing) {
    case AS_TOLD: return jn_owner(&app.owners, &packet) % way->queues;
    case ANYHOW: return (packet.address[0][3] + packet.address[1][3] * 3u + (packet.address[0][0] == 10)) % way->queues;
    default: return 0;
    }
}

static void
receive(unsigned int port, const uint8_t *frame, uint32_t length, unsigned int queue) {
    struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
    must(mbuf != NULL, "no buffer");
    memcpy(rte_pktmbuf_mtod(mbuf, void *), frame, length);
    mbuf->data_len = (uint16_t)length;
    mbuf->pkt_len = length;
    must(rte_ring_sp_enqueue(rx[port][queue], mbuf) == 0, "ring full");
}

static struct frame_spec
flow(uint32_t i) {
    return (struct frame_spec){.source = 0x0a800000 + i * 7 + 1,
                               .destination = 0xc6120000 + i * 3 + 1,
                               .source_port = (uint16_t)(40000 + i * 11),
                               .destination_port = 53,
                               .protocol = JN_IP_UDP,
                               .payload = 64};
}

static void
receive_frame(unsigned int port, const struct frame_spec *spec) {
    uint8_t frame[ROOM];
    uint32_t length = frame_build(spec, frame);
    receive(port, frame, length, queue_for(frame, length));
}

static void
receive_round(uint16_t round) {
    for (uint32_t i = 0; i < FLOWS; i++) {
        struct frame_spec up = flow(i), down = frame_answer(&up), first = up, later = up;
        first.id = later.id = (uint16_t)(round * FLOWS + i + 1);
        first.fragment = JN_IPV4_MF;
        later.fragment = (JN_UDP_BYTES + 64) / 8;
        receive_frame(ACCESS, &up);
        receive_frame(NETWORK, &down);
        receive_frame(ACCESS, &first);
        receive_frame(ACCESS, &later);
    }
}

// From the gateway, all of whose outer packets have two addresses: one queue.
static void
receive_back(uint32_t i) {
    uint8_t frame[ROOM + OUTER], *inner = frame + OUTER, *p = frame;
    struct frame_spec up = flow(i);
    uint32_t inside = frame_build(&up, inner);
    memcpy(inner, gate_mac, 6);
    memset(frame, 0, OUTER);
    memcpy(p, own_mac, 6);
    memcpy(p + 6, peer_mac, 6);
    jn_put_be16(p + 12, JN_ETHER_IPV4);
    p += 14;
    p[0] = 0x45;
    jn_put_be16(p + 2, (uint16_t)(20 + 8 + 8 + inside));
    p[8] = 64;
    p[9] = JN_IP_UDP;
    jn_put_be32(jn_put_be32(p + 12, 0xc6130014), 0xc6130001);
    jn_put_be16(p + 10, frame_checksum(p, 20));
    p += 20;
    jn_put_be16(jn_put_be16(jn_put_be16(p, (uint16_t)(50000 + i)), JN_VXLAN_PORT), (uint16_t)(8 + 8 + inside));
    p += 8;
    p[0] = 8;
    p[6] = 10;
    receive(TUNNEL, frame, OUTER + inside, way->queues - 1);
}

// Until so many frames have left by the wire.
static void
drain(unsigned int count) {
    struct rte_mbuf *mbufs[64];
    for (unsigned int left = 0; left < count; sched_yield())
        for (unsigned int i = 0; i < PORTS * way->queues; i++) {
            unsigned int n = rte_ring_sc_dequeue_burst(tx[i / way->queues][i % way->queues], (void **)mbufs, 64, NULL);
            rte_pktmbuf_free_bulk(mbufs, n);
            left += i / way->queues == TUNNEL ? 0 : n; // by the tunnel port go questions of Junction's own
        }
}

static void *
worker(void *argument) {
    jn_worker_run(argument);
    return NULL;
}

static uint64_t
returned(void) {
    uint64_t sum = 0;
    for (unsigned int w = 0; w < WORKERS; w++) {
        const struct jn_flow_state *state = app.threads[w]->worker.flow;
        for (uint32_t i = 0; i < state->table.header->high_water; i++)
            sum += state->through[i].returned;
    }
    return sum;
}

static void
check(void) {
    uint64_t created = 0, packets = 0, astray = 0;
    unsigned int with_flows = 0;
    for (unsigned int w = 0; w < WORKERS; w++) {
        const struct jn_worker_counters *counters = &app.counters->workers[w];
        created += counters->flows_created;
        with_flows += counters->flows_created != 0;
        packets += app.threads[w]->worker.vpg_counters[0].total_packets;
        astray += counters->ports[ACCESS].rx_astray + counters->ports[NETWORK].rx_astray;
        for (unsigned int reason = 0; reason < JN_DROP_COUNT; reason++)
            must(counters->drops[reason] == 0, "drops");
    }
    must(created == FLOWS, "a flow was entered twice, or not at all");
    must(with_flows == WORKERS, "a worker has nothing to do");
    must(packets == FRAMES, "packets");
    must(returned() == FLOWS, "returned packets are not in their flows");
    must((astray != 0) == way->astray, "astray");
}

static int
play(void) {
    pthread_t threads[WORKERS];
    make_app();
    for (unsigned int i = 0; i < WORKERS; i++)
        must(pthread_create(&threads[i], NULL, worker, app.threads[i]) == 0, "no thread");
    bring_policy();
    for (uint16_t round = 0; round < ROUNDS; round++) {
        receive_round(round);
        drain(FRAMES / ROUNDS);
    }
    for (uint32_t i = 0; i < FLOWS; i++)
        receive_back(i);
    drain(FLOWS);
    jn_workers_wait_round(&app);
    check();
    __atomic_store_n(&app.stop, 1, __ATOMIC_RELEASE);
    for (unsigned int i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    jn_workers_empty(&app);
    jn_regions_remove(&app);
    jn_policy_stop(&app);
    jn_workers_free(&app);
    jn_shm_remove(&policy_shm);
    return 0;
}

static void
test_ways(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(ways); i++) {
        char number[8];
        char *arguments[] = {"test_dealing", number, NULL};
        pid_t child;
        int status;
        snprintf(number, sizeof(number), "%zu", i);
        assert_int_equal(posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0)
            fail_msg("%s: status %#x", ways[i].what, (unsigned int)status);
    }
}

int
main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ways)};
    jn_log_open("dealing");
    jn_log_set_level(JN_LOG_ERROR);
    if (argc == 2) {
        way = &ways[strtoul(argv[1], NULL, 10) % COUNT(ways)];
        must(make_run_directory(NULL) == 0, "no run directory");
        int rc = play();
        return remove_run_directory(NULL) | rc;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
