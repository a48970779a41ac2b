// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_pool.h"

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>
#include <rte_mbuf.h>

#include "port/pool_keep.h"
#include "port/port_error.h"

enum { POOL_CACHE = 256, FRAME_OVERHEAD = 26, XDP_HEADROOM = 256, MISSED_SHARE = 8 };

// Before an AF_XDP frame the kernel keeps 256 bytes of its own (XDP_PACKET_HEADROOM).
uint16_t
jn_port_room(uint16_t mtu, bool xdp, bool scatters) {
    uint32_t frame = RTE_ALIGN_CEIL(mtu + FRAME_OVERHEAD, 64u);
    uint32_t room = RTE_PKTMBUF_HEADROOM + (xdp ? XDP_HEADROOM : 0) + frame;
    if (scatters || room < RTE_MBUF_DEFAULT_BUF_SIZE)
        room = RTE_MBUF_DEFAULT_BUF_SIZE;
    return (uint16_t)(room < UINT16_MAX ? room : UINT16_MAX);
}

// The AF_XDP driver registers the pool as one packed area: objects must not be moved to page boundaries.
static struct rte_mempool *
packed_pool(const char *name, uint32_t count, uint16_t room) {
    struct rte_pktmbuf_pool_private private = {.mbuf_data_room_size = room};
    struct rte_mempool *pool =
        rte_mempool_create_empty(name, count, (unsigned int)sizeof(struct rte_mbuf) + room, POOL_CACHE, sizeof(private),
                                 SOCKET_ID_ANY, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
    if (pool == NULL)
        return NULL;
    rte_pktmbuf_pool_init(pool, &private);
    if (rte_mempool_populate_default(pool) < 0) {
        rte_mempool_free(pool);
        return NULL;
    }
    rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
    return pool;
}

// A pool outlives its device: what others still hold of it comes home by and by.
static bool
fits_again(const struct rte_mempool *pool, uint32_t count, uint16_t room) {
    return pool != NULL && pool->size == count &&
           rte_pktmbuf_data_room_size((struct rte_mempool *)(uintptr_t)pool) == room &&
           rte_mempool_in_use_count(pool) <= count / MISSED_SHARE;
}

int
jn_port_make_pool(struct jn_app *app, struct jn_port *port, bool scatters, char err[JN_ERR_MAX]) {
    static unsigned int serial;
    char name[32];
    uint16_t room = jn_port_room(port->device_mtu, port->interface[0] != '\0', scatters);
    uint32_t count = port->option->mbufs != 0 ? port->option->mbufs : app->options.mbufs;
    if (fits_again(port->pool, count, room))
        return 0;
    if (port->pool != NULL && jn_pool_keep(app, (unsigned int)(port - app->ports), port->pool) < 0)
        return jn_port_error(port, "too many buffers of its earlier lives are still in use elsewhere", -ENOSPC, err);
    port->pool = NULL;
    snprintf(name, sizeof(name), "port-%u", serial++);
    port->pool = port->interface[0] != '\0' ? packed_pool(name, count, room)
                                            : rte_pktmbuf_pool_create(name, count, POOL_CACHE, 0, room, SOCKET_ID_ANY);
    port->longest = port->interface[0] != '\0' ? (uint32_t)room - RTE_PKTMBUF_HEADROOM : UINT32_MAX;
    return port->pool == NULL ? jn_port_error(port, "no memory for its packet buffers (memory_mb)", -rte_errno, err)
                              : 0;
}
