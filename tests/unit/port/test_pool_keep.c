// SPDX-License-Identifier: BSD-3-Clause
// Pools of ports whose devices went: freed when every buffer is home, and not before.
#include <errno.h>

#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "port/pool_keep.h"
#include "rig/rig.h"
#include "test.h"
#include "worker/worker_wait.h"

enum { BUFFERS = 511, ROOM = RTE_PKTMBUF_HEADROOM + 64, CACHE = 64, WORKER = 1 };

static struct jn_app app;

static struct rte_mempool_cache *
cache_of(struct rte_mempool *pool) {
    return rte_mempool_default_cache(pool, WORKER);
}

// In place of the worker, which does so in its loop.
void
jn_workers_flush_pool(struct jn_app *of, struct rte_mempool *pool) {
    assert_ptr_equal(of, &app);
    if (cache_of(pool) != NULL)
        rte_mempool_cache_flush(cache_of(pool), pool);
}

static struct rte_mempool *
make_pool(unsigned int cache) {
    static unsigned int serial;
    char name[32];
    snprintf(name, sizeof(name), "kept-%u", serial++);
    struct rte_mempool *pool = rte_pktmbuf_pool_create(name, BUFFERS, cache, 0, ROOM, SOCKET_ID_ANY);
    assert_non_null(pool);
    return pool;
}

static bool
is_there(const char *name) {
    return rte_mempool_lookup(name) != NULL;
}

static void
test_whole_pool_is_freed_at_once(void **state) {
    (void)state;
    uint64_t out;
    struct rte_mempool *pool = make_pool(CACHE);
    char name[RTE_MEMPOOL_NAMESIZE];
    snprintf(name, sizeof(name), "%s", pool->name);
    assert_int_equal(jn_pool_keep(&app, 0, pool), 0);
    assert_false(is_there(name));
    assert_int_equal(jn_pools_kept(0, &out), 0);
}

static void
test_kept_until_the_last_buffer_is_home(void **state) {
    (void)state;
    struct rte_mempool *pool = make_pool(CACHE);
    struct rte_mbuf *parked[3];
    char name[RTE_MEMPOOL_NAMESIZE];
    uint64_t out;
    snprintf(name, sizeof(name), "%s", pool->name);
    for (unsigned int i = 0; i < COUNT(parked); i++)
        assert_non_null(parked[i] = rte_pktmbuf_alloc(pool));
    assert_int_equal(jn_pool_keep(&app, 5, pool), 0);
    for (unsigned int i = 0; i < COUNT(parked); i++) {
        jn_pools_look(&app);
        assert_true(is_there(name));
        assert_int_equal(jn_pools_kept(5, &out), 1);
        assert_int_equal(out, COUNT(parked) - i);
        assert_int_equal(jn_pools_kept(4, &out), 0);
        parked[i]->pkt_len = 60; // as one that was received
        void *object = parked[i];
        rte_mempool_generic_put(pool, &object, 1, cache_of(pool)); // by a worker, into its cache
    }
    jn_pools_look(&app);
    assert_false(is_there(name));
    assert_int_equal(jn_pools_kept(5, &out), 0);
}

static void
test_so_many_are_kept(void **state) {
    (void)state;
    struct rte_mbuf *parked[JN_KEPT_POOLS + 1];
    uint64_t out;
    for (unsigned int i = 0; i < COUNT(parked); i++) {
        struct rte_mempool *pool = make_pool(0);
        assert_non_null(parked[i] = rte_pktmbuf_alloc(pool));
        assert_int_equal(jn_pool_keep(&app, i % 2, pool), i < JN_KEPT_POOLS ? 0 : -ENOSPC);
    }
    assert_int_equal(jn_pools_kept(0, &out) + jn_pools_kept(1, &out), JN_KEPT_POOLS);
    struct rte_mempool *refused = parked[JN_KEPT_POOLS]->pool;
    rte_pktmbuf_free(parked[3]);
    assert_int_equal(jn_pool_keep(&app, 2, refused), 0); // there is room again
    for (unsigned int i = 0; i < COUNT(parked); i++)
        if (i != 3)
            rte_pktmbuf_free(parked[i]);
    jn_pools_look(&app);
    for (unsigned int port = 0; port < 3; port++)
        assert_int_equal(jn_pools_kept(port, &out), 0);
}

static void
test_recalled_at_need(void **state) {
    (void)state;
    struct rte_mempool *pool = make_pool(0);
    struct rte_mbuf *parked[BUFFERS / 2 + 1];
    uint64_t out;
    assert_true(jn_pool_fits(pool, BUFFERS, ROOM, 8));
    assert_false(jn_pool_fits(pool, BUFFERS + 1, ROOM, 8) || jn_pool_fits(pool, BUFFERS, ROOM + 64, 8));
    assert_int_equal(rte_pktmbuf_alloc_bulk(pool, parked, COUNT(parked)), 0);
    assert_false(jn_pool_fits(pool, BUFFERS, ROOM, 8));
    assert_int_equal(jn_pool_keep(&app, 3, pool), 0);
    assert_null(jn_pool_recall(3, BUFFERS, ROOM)); // more than half is out
    rte_pktmbuf_free(parked[0]);
    assert_null(jn_pool_recall(2, BUFFERS, ROOM)); // another port's
    assert_null(jn_pool_recall(3, BUFFERS, ROOM + 64));
    assert_ptr_equal(jn_pool_recall(3, BUFFERS, ROOM), pool);
    assert_int_equal(jn_pools_kept(3, &out), 0);
    rte_pktmbuf_free_bulk(parked + 1, COUNT(parked) - 1);
    assert_int_equal(jn_pool_keep(&app, 3, pool), 0);
    assert_int_equal(jn_pools_kept(3, &out), 0);
}

// The device is closed with 300 buffers in its fill ring; 40 that it had received are elsewhere, 20 more are in a worker's
// cache.
static void
test_taken_back_from_a_closed_device(void **state) {
    (void)state;
    struct rte_mempool *pool = make_pool(CACHE);
    struct rte_mbuf *received[40], *filled[300], *cached[20];
    assert_int_equal(rte_pktmbuf_alloc_bulk(pool, received, COUNT(received)), 0);
    assert_int_equal(rte_pktmbuf_alloc_bulk(pool, filled, COUNT(filled)), 0);
    assert_int_equal(rte_pktmbuf_alloc_bulk(pool, cached, COUNT(cached)), 0);
    for (unsigned int i = 0; i < COUNT(received); i++)
        received[i]->pkt_len = received[i]->data_len = 60;
    // Frames that the driver copied, and freed.
    rte_mempool_generic_put(pool, (void *const *)cached, COUNT(cached), cache_of(pool));
    assert_int_equal(jn_pool_take_back(&app, pool), COUNT(filled));
    assert_int_equal(rte_mempool_in_use_count(pool), COUNT(received));
    assert_int_equal(jn_pool_take_back(&app, pool), 0);
    rte_pktmbuf_free_bulk(received, COUNT(received));
    // Each is there once.
    struct rte_mbuf **all = calloc(BUFFERS + 1, sizeof(*all));
    assert_non_null(all);
    jn_workers_flush_pool(&app, pool);
    assert_int_equal(rte_pktmbuf_alloc_bulk(pool, all, BUFFERS), 0);
    assert_null(rte_pktmbuf_alloc(pool));
    for (unsigned int i = 0; i < BUFFERS; i++) {
        assert_int_not_equal(all[i]->port, 7);
        all[i]->port = 7;
    }
    rte_pktmbuf_free_bulk(all, BUFFERS);
    free(all);
    assert_int_equal(jn_pool_keep(&app, 0, pool), 0);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_pool_is_freed_at_once),
        cmocka_unit_test(test_kept_until_the_last_buffer_is_home),
        cmocka_unit_test(test_so_many_are_kept),
        cmocka_unit_test(test_recalled_at_need),
        cmocka_unit_test(test_taken_back_from_a_closed_device),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
