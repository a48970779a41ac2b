// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_open.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "port/nic_features.h"
#include "port/port_error.h"
#include "port/port_pool.h"
#include "port/port_queues.h"
#include "port/xdp.h"
#include "port/xdp_tags.h"

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
    if (rc >= 0 && port->interface[0] != '\0')
        rc = jn_nic_features_take(port->interface, port->lock, reason);
    if (rc >= 0)
        rc = jn_xdp_arguments(port->option->device, !is_wired(app, port), arguments, sizeof(arguments), reason);
    if (rc < 0) {
        snprintf(err, JN_ERR_MAX, "port %s: %.400s", port->option->name, reason);
        return rc;
    }
    port->interface_index = if_nametoindex(port->interface);
    bool there = rte_eth_dev_get_port_by_name(port->device_name, &port->ethdev) == 0; // PCI devices are probed at start
    if (!there && (rc = rte_dev_probe(arguments)) < 0)
        return jn_port_error(port, "the device cannot be opened", rc, err);
    rc = rte_eth_dev_get_port_by_name(port->device_name, &port->ethdev);
    return rc < 0 ? jn_port_error(port, "it is no Ethernet device", rc, err) : 0;
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
configure_port(struct jn_app *app, struct jn_port *port, char err[JN_ERR_MAX]) {
    struct rte_eth_dev_info info;
    struct rte_eth_conf conf = {0};
    int rc = rte_eth_dev_info_get(port->ethdev, &info);
    if (rc < 0)
        return jn_port_error(port, "its capabilities cannot be read", rc, err);
    conf.rxmode.offloads = info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
    conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
    jn_port_decide_queues(app, port, &info, &conf);
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
        return jn_port_error(port, "it cannot be configured", rc, err);
    if (port->option->mtu != 0 && (rc = rte_eth_dev_set_mtu(port->ethdev, port->option->mtu)) < 0 && rc != -ENOTSUP)
        return jn_port_error(port, "the MTU is not accepted", rc, err);
    rte_eth_dev_get_mtu(port->ethdev, &port->mtu);
    rc = jn_port_make_pool(app, port, conf.rxmode.offloads != 0, err);
    if (rc < 0)
        return rc;
    rc = jn_port_set_up_queues(port, &info, &conf);
    return rc < 0 ? jn_port_error(port, "its queues cannot be set up", rc, err) : 0;
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

// From here on frames of an interface come in, with their tags.
static int
serve(struct jn_app *app, struct jn_port *port, char err[JN_ERR_MAX]) {
    char reason[JN_ERR_MAX];
    port->tags_program = jn_xdp_serve(port->interface, !is_wired(app, port), &port->tags);
    int rc = jn_nic_tags_check(port->interface, port->tags, reason);
    if (rc < 0)
        snprintf(err, JN_ERR_MAX, "port %s: %.400s", port->option->name, reason);
    return rc;
}

int
jn_port_open(struct jn_app *app, unsigned int port_idx, char err[JN_ERR_MAX]) {
    struct jn_port *port = &app->ports[port_idx];
    port->option = &app->options.ports[port_idx];
    port->lock = port->tags_program = -1;
    int rc = probe_device(app, port, err);
    if (rc < 0)
        return rc;
    port->opened = true;
    if ((rc = configure_port(app, port, err)) < 0)
        return rc;
    if ((rc = rte_eth_dev_start(port->ethdev)) < 0)
        return jn_port_error(port, "it cannot be started", rc, err);
    port->finishes = jn_nic_leaves_unfinished(port->option->device);
    jn_nic_warn_of_packet(port->option->device);
    rte_eth_promiscuous_enable(port->ethdev); // a wire takes what is for others; a device that cannot, does so anyway
    rte_eth_allmulticast_enable(port->ethdev);
    if (port->interface[0] != '\0' && (rc = serve(app, port, err)) < 0)
        return rc;
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
    if (port->lock >= 0)
        jn_nic_features_give_back(port->lock, false);
    jn_xdp_release(port->lock);
    if (port->tags_program >= 0)
        close(port->tags_program);
    port->lock = port->tags_program = -1;
}
