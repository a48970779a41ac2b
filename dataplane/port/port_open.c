// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_open.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "port/xdp.h"

enum { RX_DESCRIPTORS = 1024, TX_DESCRIPTORS = 1024, POOL_CACHE = 256, FRAME_OVERHEAD = 26, XDP_HEADROOM = 256 };

// The same two bytes over and over: both directions of a flow hash alike (Woo and Park, "Scalable TCP session monitoring
// with symmetric receive-side scaling").
static uint8_t symmetric_key[64];

static int
port_error(const struct jn_port *port, const char *what, int rc, char err[JN_ERR_MAX]) {
    snprintf(err, JN_ERR_MAX, "port %s (%s): %s: %s", port->option->name, port->option->device, what, strerror(-rc));
    return rc;
}

static bool
is_wired(const struct jn_app *app, const struct jn_port *port) {
    for (unsigned int i = 0; i < app->options.wire_count; i++)
        if (&app->ports[app->options.wires[i].access] == port || &app->ports[app->options.wires[i].network] == port)
            return true;
    return false;
}

static int
probe_device(struct jn_app *app, struct jn_port *port, char err[JN_ERR_MAX]) {
    char arguments[512], reason[JN_ERR_MAX];
    snprintf(port->device_name, sizeof(port->device_name), "%.*s", (int)strcspn(port->option->device, ","),
             port->option->device);
    int rc = 0;
    if (jn_xdp_interface(port->option->device, port->interface, sizeof(port->interface)))
        rc = port->lock = jn_xdp_lock(port->interface, reason);
    if (rc >= 0 && port->interface[0] != '\0')
        rc = jn_xdp_clear(port->interface, reason);
    if (rc >= 0)
        rc = jn_xdp_arguments(port->option->device, !is_wired(app, port), arguments, sizeof(arguments), reason);
    if (rc < 0) {
        snprintf(err, JN_ERR_MAX, "port %s: %.400s", port->option->name, reason);
        return rc;
    }
    port->interface_index = if_nametoindex(port->interface);
    bool there = rte_eth_dev_get_port_by_name(port->device_name, &port->ethdev) == 0; // PCI devices are probed at start
    if (!there && (rc = rte_dev_probe(arguments)) < 0)
        return port_error(port, "the device cannot be opened", rc, err);
    rc = rte_eth_dev_get_port_by_name(port->device_name, &port->ethdev);
    return rc < 0 ? port_error(port, "it is no Ethernet device", rc, err) : 0;
}

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

static int
make_pool(struct jn_app *app, struct jn_port *port, bool scatters, char err[JN_ERR_MAX]) {
    static unsigned int serial;
    char name[32];
    uint16_t room = buffer_room(port, scatters);
    uint32_t count = port->option->mbufs != 0 ? port->option->mbufs : app->options.mbufs;
    // The pool before the last has had a whole life of this port to come home from other ports' queues. One that was never
    // in use went nowhere.
    rte_mempool_free(port->lived ? port->former_pool : port->pool);
    if (port->lived)
        port->former_pool = port->pool;
    port->lived = false;
    port->pool = NULL;
    snprintf(name, sizeof(name), "port-%u", serial++);
    port->pool = port->interface[0] != '\0' ? packed_pool(name, count, room)
                                            : rte_pktmbuf_pool_create(name, count, POOL_CACHE, 0, room, SOCKET_ID_ANY);
    port->longest = port->interface[0] != '\0' ? (uint32_t)room - RTE_PKTMBUF_HEADROOM : UINT32_MAX;
    return port->pool == NULL ? port_error(port, "no memory for its packet buffers (memory_mb)", -rte_errno, err) : 0;
}

static void
decide_queues(const struct jn_app *app, struct jn_port *port, const struct rte_eth_dev_info *info,
              struct rte_eth_conf *conf) {
    unsigned int workers = app->options.worker_count;
    bool can = workers > 1 && info->max_rx_queues >= workers && (info->flow_type_rss_offloads & RTE_ETH_RSS_IP) &&
               info->hash_key_size <= sizeof(symmetric_key);
    port->rx_queues = can ? (uint16_t)workers : 1;
    port->tx_queues = info->max_tx_queues >= workers ? (uint16_t)workers : 1;
    if (port->interface[0] != '\0')
        port->tx_queues = port->rx_queues; // the driver has them in pairs
    if (!can)
        return;
    for (size_t i = 0; i < sizeof(symmetric_key); i++)
        symmetric_key[i] = i % 2 ? 0x5a : 0x6d;
    conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf->rx_adv_conf.rss_conf = (struct rte_eth_rss_conf){.rss_key = info->hash_key_size != 0 ? symmetric_key : NULL,
                                                           .rss_key_len = info->hash_key_size,
                                                           // Addresses alone: fragments follow their datagram.
                                                           .rss_hf = info->flow_type_rss_offloads & RTE_ETH_RSS_IP};
}

// As configured, else as the device has it: not DPDK's own default.
static uint16_t
wanted_mtu(const struct jn_port *port) {
    uint16_t mtu = port->option->mtu;
    if (mtu == 0 && port->interface[0] != '\0')
        mtu = jn_xdp_mtu(port->interface);
    if (mtu == 0)
        rte_eth_dev_get_mtu(port->ethdev, &mtu);
    return mtu;
}

static int
set_up_queues(struct jn_port *port, const struct rte_eth_dev_info *info, const struct rte_eth_conf *conf) {
    uint16_t rx = RX_DESCRIPTORS, tx = TX_DESCRIPTORS;
    struct rte_eth_rxconf rxconf = info->default_rxconf;
    struct rte_eth_txconf txconf = info->default_txconf;
    rxconf.offloads = conf->rxmode.offloads;
    txconf.offloads = conf->txmode.offloads;
    int rc = rte_eth_dev_adjust_nb_rx_tx_desc(port->ethdev, &rx, &tx);
    for (uint16_t q = 0; q < port->rx_queues && rc == 0; q++)
        rc = rte_eth_rx_queue_setup(port->ethdev, q, rx, SOCKET_ID_ANY, &rxconf, port->pool);
    for (uint16_t q = 0; q < port->tx_queues && rc == 0; q++)
        rc = rte_eth_tx_queue_setup(port->ethdev, q, tx, SOCKET_ID_ANY, &txconf);
    return rc;
}

static int
configure_port(struct jn_app *app, struct jn_port *port, char err[JN_ERR_MAX]) {
    struct rte_eth_dev_info info;
    struct rte_eth_conf conf = {0};
    int rc = rte_eth_dev_info_get(port->ethdev, &info);
    if (rc < 0)
        return port_error(port, "its capabilities cannot be read", rc, err);
    conf.rxmode.offloads = info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
    conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
    decide_queues(app, port, &info, &conf);
    if (port->interface[0] != '\0' && jn_xdp_queues(port->interface) > port->rx_queues) {
        snprintf(err, JN_ERR_MAX,
                 "port %s: %s spreads frames over %u queues, and Junction would poll %u: ethtool -L %s combined %u",
                 port->option->name, port->interface, jn_xdp_queues(port->interface), port->rx_queues, port->interface,
                 port->rx_queues);
        return -EINVAL;
    }
    conf.rxmode.mtu = wanted_mtu(port);
    port->segments = conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
    rc = rte_eth_dev_configure(port->ethdev, port->rx_queues, port->tx_queues, &conf);
    if (rc < 0)
        return port_error(port, "it cannot be configured", rc, err);
    if (port->option->mtu != 0 && (rc = rte_eth_dev_set_mtu(port->ethdev, port->option->mtu)) < 0 && rc != -ENOTSUP)
        return port_error(port, "the MTU is not accepted", rc, err);
    rte_eth_dev_get_mtu(port->ethdev, &port->mtu);
    rc = make_pool(app, port, conf.rxmode.offloads != 0, err);
    if (rc < 0)
        return rc;
    rc = set_up_queues(port, &info, &conf);
    return rc < 0 ? port_error(port, "its queues cannot be set up", rc, err) : 0;
}

static void
publish_port(struct jn_app *app, unsigned int port_idx) {
    struct jn_port *port = &app->ports[port_idx];
    struct jn_port_state *state = &app->counters->ports[port_idx];
    struct rte_ether_addr mac;
    if (rte_eth_macaddr_get(port->ethdev, &mac) == 0)
        memcpy(state->mac, &mac, sizeof(state->mac));
    state->mtu = port->mtu;
    state->queues = port->rx_queues;
}

int
jn_port_open(struct jn_app *app, unsigned int port_idx, char err[JN_ERR_MAX]) {
    struct jn_port *port = &app->ports[port_idx];
    port->option = &app->options.ports[port_idx];
    port->lock = -1;
    int rc = probe_device(app, port, err);
    if (rc < 0)
        return rc;
    port->opened = true;
    if ((rc = configure_port(app, port, err)) < 0)
        return rc;
    if ((rc = rte_eth_dev_start(port->ethdev)) < 0)
        return port_error(port, "it cannot be started", rc, err);
    rte_eth_promiscuous_enable(port->ethdev); // a wire takes what is for others; a device that cannot, does so anyway
    rte_eth_allmulticast_enable(port->ethdev);
    publish_port(app, port_idx);
    return 0;
}

static void
close_device(const struct jn_port *port) {
    uint16_t ethdev;
    if (!port->opened || rte_eth_dev_get_port_by_name(port->device_name, &ethdev) != 0)
        return;
    struct rte_eth_dev_info info;
    int rc = rte_eth_dev_info_get(ethdev, &info);
    rte_eth_dev_stop(ethdev);
    rte_eth_dev_close(ethdev);
    if (rc == 0 && port->interface[0] != '\0')
        rte_dev_remove(info.device);
}

void
jn_port_close(struct jn_app *app, unsigned int port_idx) {
    struct jn_port *port = &app->ports[port_idx];
    close_device(port);
    jn_xdp_release(port->lock);
    port->lock = -1;
}
