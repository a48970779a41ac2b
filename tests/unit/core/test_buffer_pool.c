// SPDX-License-Identifier: BSD-3-Clause
// On plain pages a pool takes no more memory than lib/sizes.c counts, devices find its buffers, and all of it comes back.
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "core/buffer_pool.h"
#include "core/numa.h"
#include "rig/rig.h"
#include "sizes.h"
#include "test.h"

enum { MOST = 8192, LINE = 64 };

static const struct {
    uint32_t count, cache;
    uint16_t room;
} rows[] = {
    {4096, JN_POOL_CACHE, JN_BUFFER_HEADROOM + JN_BUFFER_ROOM},
    {6143, JN_POOL_CACHE, JN_BUFFER_HEADROOM + JN_BUFFER_ROOM},
    {1000, JN_OWN_CACHE, 9344},
    {3000, JN_OWN_CACHE, JN_BUFFER_HEADROOM + JN_REQUEST_ROOM},
    {64, 0, UINT16_MAX},
};

static size_t
in_use(void) {
    struct rte_malloc_socket_stats stats;
    assert_int_equal(rte_malloc_get_socket_stats(0, &stats), 0);
    return stats.heap_allocsz_bytes;
}

// As lib/sizes.c has it: headers of object and buffer, an odd number of lines, a ring, and the pool itself.
static size_t
counted(uint32_t count, uint16_t room) {
    size_t lines = (64 + sizeof(struct rte_mbuf) + room + LINE - 1) / LINE | 1, entries = 1;
    while (entries <= count)
        entries *= 2;
    return (1280u << 10) + count * lines * LINE + entries * 8;
}

static void
check_buffers(struct rte_mempool *pool, uint32_t count, uint16_t room) {
    static struct rte_mbuf *mbufs[MOST];
    assert_int_equal(rte_pktmbuf_data_room_size(pool), room);
    assert_int_equal(rte_pktmbuf_alloc_bulk(pool, mbufs, count), 0);
    assert_null(rte_pktmbuf_alloc(pool));
    for (uint32_t i = 0; i < count; i++) {
        // With virtual addresses those of devices are the same.
        assert_ptr_equal((void *)(uintptr_t)rte_mbuf_iova_get(mbufs[i]), mbufs[i]->buf_addr);
        memset(mbufs[i]->buf_addr, 0xff, room);
    }
    for (uint32_t i = 0; i < count; i++)
        assert_true(mbufs[i]->pool == pool && mbufs[i]->buf_len == room);
    rte_pktmbuf_free_bulk(mbufs, count);
    assert_int_equal(rte_mempool_avail_count(pool), count);
}

static void
test_takes_what_is_counted(void **state) {
    (void)state;
    assert_false(rte_eal_has_hugepages());
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t before = in_use();
        struct rte_mempool *pool = jn_buffer_pool_make("one", rows[i].count, rows[i].cache, rows[i].room, JN_NUMA_ANY);
        assert_non_null(pool);
        if (in_use() - before > counted(rows[i].count, rows[i].room))
            fail_msg("%u buffers of %u bytes take %zu bytes, %zu are counted", rows[i].count, rows[i].room,
                     in_use() - before, counted(rows[i].count, rows[i].room));
        check_buffers(pool, rows[i].count, rows[i].room);
        rte_mempool_free(pool);
        assert_int_equal(in_use(), before);
    }
}

static void
test_no_memory(void **state) {
    (void)state;
    size_t before = in_use();
    assert_null(jn_buffer_pool_make("large", 1u << 20, JN_POOL_CACHE, 9344, JN_NUMA_ANY));
    assert_int_equal(rte_errno, ENOMEM);
    assert_int_equal(in_use(), before);
}

static int
start(void **state) {
    (void)state;
    rig_start_dpdk();
    return 0;
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_what_is_counted),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
