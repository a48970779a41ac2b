// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_pool.h"

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "core/buffer_pool.h"
#include "core/option_sizes.h"
#include "device_name.h"
#include "port/pool_keep.h"
#include "port/port_error.h"
#include "port/xdp.h"

// The AF_XDP driver registers the pool as one packed area: objects must not be moved to page boundaries.
static struct rte_mempool *
packed_pool(const char *name, uint32_t count, uint16_t room, int node) {
    struct rte_pktmbuf_pool_private private = {.mbuf_data_room_size = room};
    struct rte_mempool *pool =
        rte_mempool_create_empty(name, count, (unsigned int)sizeof(struct rte_mbuf) + room, JN_POOL_CACHE,
                                 sizeof(private), node, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
    if (pool == NULL)
        return NULL;
    rte_pktmbuf_pool_init(pool, &private);
    if (rte_mempool_populate_default(pool) < 0 || pool->nb_mem_chunks != 1) {
        rte_mempool_free(pool);
        return NULL;
    }
    rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
    return pool;
}

static struct rte_mempool *
pool_on(int node, const char *name, uint32_t count, uint16_t room, bool xdp) {
    return xdp ? packed_pool(name, count, room, node) : jn_buffer_pool_make(name, count, JN_POOL_CACHE, room, node);
}

void
jn_port_note_mtus(struct jn_options *options) {
    char interface[IF_NAMESIZE];
    for (unsigned int i = 0; i < options->port_count; i++)
        if (jn_xdp_interface(options->ports[i].device, interface, sizeof(interface)))
            options->ports[i].own_mtu = jn_xdp_mtu(interface);
}

int
jn_port_note_device_mtus(struct jn_options *options, char err[JN_ERR_MAX]) {
    for (unsigned int i = 0; i < options->port_count; i++) {
        struct jn_port_option *option = &options->ports[i];
        char pci[JN_PCI_ADDRESS_MAX];
        uint16_t ethdev;
        if (option->mtu == 0 && jn_device_pci(option->device, pci) && rte_eth_dev_get_port_by_name(pci, &ethdev) == 0)
            rte_eth_dev_get_mtu(ethdev, &option->own_mtu);
    }
    return jn_option_sizes_known(options, err);
}

// An MTU is known once its port is open: what all takes is worked out anew.
static int
no_memory(const struct jn_app *app, const struct jn_port *port, uint32_t count, uint16_t room, char err[JN_ERR_MAX]) {
    struct jn_sizes_host host;
    struct jn_sizes sizes;
    int rc = -rte_errno;
    jn_option_sizes_host(&app->options, &host);
    host.memory_mb = 0;
    for (unsigned int i = 0; i < host.port_count; i++)
        if (app->ports[i].opened)
            host.ports[i].mtu = app->ports[i].mtu;
    jn_sizes_count(&host, &sizes);
    snprintf(err, JN_ERR_MAX,
             "port %s (%s): no memory for %u packet buffers of %u bytes: memory_mb is %u, all takes %u",
             port->option->name, port->option->device, count, room, app->options.memory_mb, sizes.memory_mb);
    return rc < 0 ? rc : -ENOMEM;
}

static struct rte_mempool *
pool_for(const struct jn_app *app, const struct jn_port *port, const char *name, uint32_t count, uint16_t room) {
    bool xdp = port->interface[0] != '\0';
    int node = jn_numa_of_port(&app->numa, port->numa_node);
    struct rte_mempool *pool = pool_on(node, name, count, room, xdp);
    if (pool == NULL && node != JN_NUMA_ANY && (pool = pool_on(JN_NUMA_ANY, name, count, room, xdp)) != NULL)
        jn_log(JN_LOG_WARNING, "port %s: no memory for its packet buffers on NUMA node %d: they are on another",
               port->option->name, node);
    return pool;
}

int
jn_port_make_pool(struct jn_app *app, struct jn_port *port, bool scatters, char err[JN_ERR_MAX]) {
    static unsigned int serial;
    char name[32];
    bool xdp = port->interface[0] != '\0';
    uint16_t room = jn_sizes_room(xdp ? port->device_mtu : port->mtu, xdp, scatters);
    struct jn_sizes sizes;
    jn_option_sizes(&app->options, &sizes, err); // too small a size was refused before: here it is the least
    unsigned int port_idx = (unsigned int)(port - app->ports);
    uint32_t count = sizes.port[port_idx];
    port->longest = xdp ? (uint32_t)room - RTE_PKTMBUF_HEADROOM : UINT32_MAX;
    // A pool outlives its device: what others still hold of it comes home by and by.
    if (port->pool != NULL && jn_pool_fits(port->pool, count, room, JN_POOL_SHARE))
        return 0;
    if (port->pool != NULL && jn_pool_keep(app, port_idx, port->pool) < 0)
        return jn_pool_fits(port->pool, count, room, JN_POOL_SHARE_AT_NEED)
                   ? 0
                   : jn_port_error(port, "too many buffers of its earlier lives are in use elsewhere", -ENOSPC, err);
    snprintf(name, sizeof(name), "port-%u", serial++);
    port->pool = pool_for(app, port, name, count, room);
    if (port->pool == NULL)
        port->pool = jn_pool_recall(port_idx, count, room);
    return port->pool == NULL ? no_memory(app, port, count, room, err) : 0;
}
