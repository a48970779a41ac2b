// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_pool.h"

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>
#include <rte_mbuf.h>

#include "port/pool_keep.h"
#include "port/port_error.h"

enum { POOL_CACHE = 256, FRAME_OVERHEAD = 26, XDP_HEADROOM = 256 };

// Room of one buffer: a default frame, or a whole one of a device that cannot scatter. Before an AF_XDP frame the kernel
// keeps 256 bytes of its own (XDP_PACKET_HEADROOM).
static uint16_t
buffer_room(const struct jn_port *port, bool scatters) {
    uint32_t frame = RTE_ALIGN_CEIL(port->mtu + FRAME_OVERHEAD, 64u);
    uint32_t room = RTE_PKTMBUF_HEADROOM + (port->interface[0] != '\0' ? XDP_HEADROOM : 0) + frame;
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

int
jn_port_make_pool(struct jn_app *app, struct jn_port *port, bool scatters, char err[JN_ERR_MAX]) {
    static unsigned int serial;
    char name[32];
    uint16_t room = buffer_room(port, scatters);
    uint32_t count = port->option->mbufs != 0 ? port->option->mbufs : app->options.mbufs;
    unsigned int port_idx = (unsigned int)(port - app->ports);
    // A pool outlives its device: what others still hold of it comes home by and by.
    if (port->pool != NULL && jn_pool_fits(port->pool, count, room, JN_POOL_SHARE))
        return 0;
    if (port->pool != NULL && jn_pool_keep(app, port_idx, port->pool) < 0)
        return jn_pool_fits(port->pool, count, room, JN_POOL_SHARE_AT_NEED)
                   ? 0
                   : jn_port_error(port, "too many buffers of its earlier lives are in use elsewhere", -ENOSPC, err);
    snprintf(name, sizeof(name), "port-%u", serial++);
    port->pool = port->interface[0] != '\0' ? packed_pool(name, count, room)
                                            : rte_pktmbuf_pool_create(name, count, POOL_CACHE, 0, room, SOCKET_ID_ANY);
    if (port->pool == NULL)
        port->pool = jn_pool_recall(port_idx, count, room);
    port->longest = port->interface[0] != '\0' ? (uint32_t)room - RTE_PKTMBUF_HEADROOM : UINT32_MAX;
    return port->pool == NULL ? jn_port_error(port, "no memory for its packet buffers (memory_mb)", -rte_errno, err)
                              : 0;
}
