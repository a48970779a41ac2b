// SPDX-License-Identifier: BSD-3-Clause
#include "core/buffer_pool.h"

#include <stdio.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>

static void
free_zone(struct rte_mempool_memhdr *header, void *zone) {
    (void)header;
    rte_memzone_free(zone);
}

static int
fill(struct rte_mempool *pool, int node) {
    char name[RTE_MEMZONE_NAMESIZE];
    size_t least, align;
    ssize_t size = rte_mempool_op_calc_mem_size_default(pool, pool->size, 0, &least, &align);
    if (size < 0)
        return (int)size;
    snprintf(name, sizeof(name), "of-%.24s", pool->name);
    const struct rte_memzone *zone = rte_memzone_reserve_aligned(name, (size_t)size, node, 0, (unsigned int)align);
    if (zone == NULL)
        return -rte_errno;
    void *opaque = (void *)(uintptr_t)zone;
    int rc = rte_mempool_populate_iova(pool, zone->addr, zone->iova, zone->len, free_zone, opaque);
    if (rc <= 0)
        rte_memzone_free(zone);
    return rc == (int)pool->size ? 0 : -ENOMEM;
}

// DPDK lays no buffer across the border of two pages unless it is told that addresses of devices do not matter: one of 2 KiB
// would take a plain page alone. Plain pages come with virtual addresses only, by which devices see them one behind the other.
struct rte_mempool *
jn_buffer_pool_make(const char *name, uint32_t count, uint32_t cache, uint16_t room, int node) {
    struct rte_pktmbuf_pool_private private = {.mbuf_data_room_size = room};
    if (rte_eal_has_hugepages())
        return rte_pktmbuf_pool_create(name, count, cache, 0, room, node);
    struct rte_mempool *pool = rte_mempool_create_empty(name, count, (unsigned int)sizeof(struct rte_mbuf) + room,
                                                        cache, sizeof(private), node, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
    if (pool == NULL)
        return NULL;
    rte_pktmbuf_pool_init(pool, &private);
    int rc = fill(pool, node);
    if (rc < 0) {
        rte_mempool_free(pool);
        rte_errno = -rc;
        return NULL;
    }
    rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
    return pool;
}
