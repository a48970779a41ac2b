// SPDX-License-Identifier: BSD-3-Clause
// A real pool of a port, and everything parked that may be: receive queues full of empty buffers, the transmit queues of
// other ports full of sent ones, the caches of all cores. Every worker can still take a burst.
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "rig/rig.h"
#include "sizes.h"
#include "test.h"

enum { BURST = 64, ROOM = RTE_PKTMBUF_HEADROOM + 64, FLUSH = JN_POOL_CACHE + JN_POOL_CACHE / 2, MOST = 1 << 17 };

static struct rte_mbuf *parked[MOST];

static struct jn_sizes
sizes_of(unsigned int workers, unsigned int ports) {
    struct jn_sizes_host host = {.workers = workers, .port_count = ports, .vpgs = 1};
    for (unsigned int i = 0; i < ports; i++)
        host.ports[i] =
            (struct jn_sizes_port){.device = "0000:01:00.0", .peer = i < 2 ? (uint16_t)(1 - i) : JN_SIZES_NO_PEER};
    struct jn_sizes sizes;
    assert_true(jn_sizes_count(&host, &sizes));
    return sizes;
}

// Of all workers and the main thread: as full as DPDK lets it become.
static void
fill_cache(struct rte_mempool *pool, struct rte_mempool_cache *cache) {
    void *objects[FLUSH];
    if (rte_mempool_generic_get(pool, objects, FLUSH, NULL) == 0)
        rte_mempool_generic_put(pool, objects, FLUSH, cache);
}

// Can every worker still take a burst out of so many buffers?
static bool
lives(unsigned int workers, unsigned int ports, uint32_t count) {
    struct rte_mempool_cache *cache[JN_MAX_WORKERS + 1];
    struct rte_mempool *pool = rte_pktmbuf_pool_create("parked", count, 0, 0, ROOM, SOCKET_ID_ANY);
    assert_non_null(pool);
    uint32_t held = 0, want = workers * JN_RX_DESCRIPTORS + (ports - 1) * workers * JN_TX_DESCRIPTORS;
    for (unsigned int i = 0; i <= workers; i++) {
        cache[i] = rte_mempool_cache_create(JN_POOL_CACHE, SOCKET_ID_ANY);
        assert_non_null(cache[i]);
        fill_cache(pool, cache[i]);
    }
    while (held < want && rte_mempool_generic_get(pool, (void **)&parked[held], 1, NULL) == 0)
        held++;
    bool all = held == want;
    for (unsigned int w = 0; w < workers; w++) {
        all = all && rte_mempool_generic_get(pool, (void **)&parked[held], BURST, NULL) == 0;
        held += all ? BURST : 0;
    }
    for (unsigned int i = 0; i <= workers; i++) {
        rte_mempool_cache_flush(cache[i], pool);
        rte_mempool_cache_free(cache[i]);
    }
    rte_mempool_generic_put(pool, (void **)parked, held, NULL);
    assert_int_equal(rte_mempool_avail_count(pool), count);
    rte_mempool_free(pool);
    return all;
}

static void
test_lives(void **state) {
    (void)state;
    for (unsigned int workers = 1; workers <= 8; workers++)
        for (unsigned int ports = 2; ports <= 3; ports++) {
            struct jn_sizes sizes = sizes_of(workers, ports);
            if (!lives(workers, ports, sizes.port[0]))
                fail_msg("%u workers, %u ports: %u buffers are too few", workers, ports, sizes.port[0]);
        }
}

// 16,384, whatever the queues, was what every port had: eight workers parked all of it.
static void
test_what_was_too_few(void **state) {
    (void)state;
    assert_true(lives(2, 2, 16384));
    assert_false(lives(8, 2, 16384));
}

int
main(void) {
    rig_start_dpdk();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lives), cmocka_unit_test(test_what_was_too_few)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
