// SPDX-License-Identifier: BSD-3-Clause
#include "port/pool_keep.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_mbuf.h>

#include "worker/worker_wait.h"

enum { GET_AT_ONCE = 64 };

static struct {
    struct rte_mempool *pool;
    unsigned int port_idx;
} kept[JN_KEPT_POOLS];

bool
jn_pool_fits(const struct rte_mempool *pool, uint32_t count, uint16_t room, uint32_t share) {
    return pool->size == count && rte_pktmbuf_data_room_size((struct rte_mempool *)(uintptr_t)pool) == room &&
           rte_mempool_in_use_count(pool) <= count / share;
}

// Workers have caches of the pool, whose counts change while they are read. With those empty, what is home is in the ring.
static void
empty_caches(struct jn_app *app, struct rte_mempool *pool) {
    struct rte_mempool_cache *own = rte_mempool_default_cache(pool, rte_lcore_id());
    if (own != NULL)
        rte_mempool_cache_flush(own, pool);
    jn_workers_flush_pool(app, pool);
}

// Free the pool if all of its buffers can be had, so that nobody has one.
static bool
free_whole(struct jn_app *app, struct rte_mempool *pool) {
    if (rte_mempool_avail_count(pool) < pool->size)
        return false;
    void **all = calloc(pool->size, sizeof(*all));
    if (all == NULL)
        return false;
    empty_caches(app, pool);
    bool whole = rte_mempool_generic_get(pool, all, pool->size, NULL) == 0;
    if (whole)
        rte_mempool_free(pool);
    free(all);
    return whole;
}

void
jn_pools_look(struct jn_app *app) {
    for (unsigned int i = 0; i < JN_KEPT_POOLS; i++) {
        if (kept[i].pool != NULL && free_whole(app, kept[i].pool))
            kept[i].pool = NULL;
    }
}

int
jn_pool_keep(struct jn_app *app, unsigned int port_idx, struct rte_mempool *pool) {
    jn_pools_look(app);
    if (free_whole(app, pool))
        return 0;
    for (unsigned int i = 0; i < JN_KEPT_POOLS; i++) {
        if (kept[i].pool != NULL)
            continue;
        kept[i].pool = pool;
        kept[i].port_idx = port_idx;
        return 0;
    }
    return -ENOSPC;
}

struct rte_mempool *
jn_pool_recall(unsigned int port_idx, uint32_t count, uint16_t room) {
    for (unsigned int i = 0; i < JN_KEPT_POOLS; i++) {
        struct rte_mempool *pool = kept[i].pool;
        if (pool == NULL || kept[i].port_idx != port_idx || !jn_pool_fits(pool, count, room, JN_POOL_SHARE_AT_NEED))
            continue;
        kept[i].pool = NULL;
        return pool;
    }
    return NULL;
}

unsigned int
jn_pools_kept(unsigned int port_idx, uint64_t *buffers) {
    unsigned int count = 0;
    *buffers = 0;
    for (unsigned int i = 0; i < JN_KEPT_POOLS; i++) {
        if (kept[i].pool == NULL || kept[i].port_idx != port_idx)
            continue;
        *buffers += rte_mempool_in_use_count(kept[i].pool);
        count++;
    }
    return count;
}

// Buffers that were allocated and hold nothing: the driver allocates them, and sets a length with what it delivers.
struct lost {
    struct rte_mbuf **mbufs;
    unsigned int count, room;
};

static bool
is_blank(const struct rte_mbuf *mbuf) {
    return mbuf->pkt_len == 0 && mbuf->data_len == 0;
}

static void
find_lost(struct rte_mempool *pool, void *argument, void *object, unsigned int number) {
    struct lost *lost = argument;
    (void)pool, (void)number;
    if (is_blank(object) && lost->count < lost->room)
        lost->mbufs[lost->count++] = object;
}

int
jn_pool_take_back(struct jn_app *app, struct rte_mempool *pool) {
    struct lost lost = {.mbufs = calloc(pool->size, sizeof(struct rte_mbuf *)), .room = pool->size};
    struct rte_mbuf **home = calloc(pool->size, sizeof(struct rte_mbuf *));
    unsigned int count = 0;
    if (lost.mbufs == NULL || home == NULL) {
        free(lost.mbufs);
        free(home);
        return -ENOMEM;
    }
    empty_caches(app, pool);
    for (unsigned int n = GET_AT_ONCE; n != 0; n /= 2)
        while (count + n <= pool->size && rte_mempool_generic_get(pool, (void **)(home + count), n, NULL) == 0)
            count += n;
    // What is home, or comes home meanwhile, is not blank: nobody allocates from the pool of a closed device.
    for (unsigned int i = 0; i < count; i++)
        home[i]->pkt_len = 1;
    rte_mempool_obj_iter(pool, find_lost, &lost);
    for (unsigned int i = 0; i < lost.count; i++)
        lost.mbufs[i]->pkt_len = 1;
    if (lost.count != 0)
        rte_mempool_generic_put(pool, (void *const *)lost.mbufs, lost.count, NULL);
    if (count != 0)
        rte_mempool_generic_put(pool, (void *const *)home, count, NULL);
    free(lost.mbufs);
    free(home);
    return (int)lost.count;
}
