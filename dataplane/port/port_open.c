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

#include "device_name.h"
#include "host/claim.h"
#include "port/claim_undo.h"
#include "port/nic_ethtool.h"
#include "port/nic_features.h"
#include "port/port_error.h"
#include "port/port_link.h"
#include "port/port_mtu.h"
#include "port/port_offloads.h"
#include "port/port_pool.h"
#include "port/port_queues.h"
#include "port/port_take_all.h"
#include "port/xdp.h"
#include "port/xdp_tags.h"

static const struct jn_wire_option *
wire_of(const struct jn_app *app, const struct jn_port *port) {
    return jn_wire_of_port(&app->options, (unsigned int)(port - app->ports));
}

static bool
passes_link_loss(const struct jn_app *app, const struct jn_port *port) {
    const struct jn_wire_option *wire = wire_of(app, port);
    return wire != NULL && wire->passes_link_loss;
}

// DPDK says of a device that none of its drivers knows "Bad address", or "Operation not supported".
static int
probe_error(const struct jn_port *port, int rc, char err[JN_ERR_MAX]) {
    if (rc != -ENOTSUP && rc != -EFAULT)
        return jn_port_error(port, "the device cannot be opened", rc, err);
    snprintf(err, JN_ERR_MAX, "port %s (%s): no driver of DPDK knows it: is its package, librte-net-..., installed?",
             port->option->name, port->option->device);
    return -ENODEV;
}

// Which driver its device has, to be had again, and which life of it this is.
static void
remember_device(struct jn_port *port) {
    struct jn_nic nic;
    if (port->pci[0] == '\0')
        return;
    port->life = jn_nic_life("", port->pci);
    if (port->driver[0] != '\0' || !jn_nic_look("", port->pci, &nic))
        return;
    memcpy(port->driver, nic.driver, sizeof(port->driver));
    port->returns = jn_nic_returns(&nic);
}

// What a killed process changed is given back also where the interface is refused, with whose claim its note goes.
static int
take_interface(struct jn_port *port, char reason[JN_ERR_MAX]) {
    int rc = port->lock = jn_xdp_lock(port->interface, reason);
    if (rc < 0)
        return rc;
    struct jn_claim_note left;
    jn_claim_note_read(port->lock, &left);
    jn_claim_undo(if_nametoindex(port->interface), &left, false);
    jn_nic_mac(port->interface, port->note.mac);
    jn_claim_note_write(port->lock, &port->note);
    rc = jn_xdp_clear(port->interface, reason);
    return rc < 0 ? rc : jn_nic_features_take(port->interface, port->lock, reason);
}

static int
probe_device(struct jn_app *app, struct jn_port *port, char err[JN_ERR_MAX]) {
    char arguments[512], reason[JN_ERR_MAX];
    if (jn_device_pci(port->option->device, port->pci))
        snprintf(port->device_name, sizeof(port->device_name), "%s", port->pci); // as DPDK names it
    else
        snprintf(port->device_name, sizeof(port->device_name), "%.*s", (int)strcspn(port->option->device, ","),
                 port->option->device);
    int rc = 0;
    if (jn_xdp_interface(port->option->device, port->interface, sizeof(port->interface)))
        rc = take_interface(port, reason);
    if (rc >= 0)
        rc = jn_xdp_arguments(port->option->device, wire_of(app, port) == NULL, arguments, sizeof(arguments), reason);
    if (rc < 0) {
        snprintf(err, JN_ERR_MAX, "port %s: %.400s", port->option->name, reason);
        return rc;
    }
    port->interface_index = if_nametoindex(port->interface);
    bool there = rte_eth_dev_get_port_by_name(port->device_name, &port->ethdev) == 0; // PCI devices are probed at start
    if (!there && (rc = rte_dev_probe(arguments)) < 0)
        return probe_error(port, rc, err);
    port->opened = true;
    remember_device(port);
    rc = rte_eth_dev_get_port_by_name(port->device_name, &port->ethdev);
    return rc < 0 ? jn_port_error(port, "it is no Ethernet device", rc, err) : 0;
}

static int
configure_port(struct jn_app *app, struct jn_port *port, char err[JN_ERR_MAX]) {
    struct rte_eth_dev_info info;
    struct rte_eth_conf conf = {0};
    int rc = rte_eth_dev_info_get(port->ethdev, &info);
    if (rc < 0)
        return jn_port_error(port, "its capabilities cannot be read", rc, err);
    if ((rc = jn_port_decide_mtu(port, wire_of(app, port) != NULL, &info, err)) < 0)
        return rc;
    const struct jn_port_offloads capabilities = {info.rx_offload_capa, info.tx_offload_capa};
    struct jn_port_offloads offloads = jn_port_choose_offloads(port->mtu, &capabilities);
    conf.rxmode.offloads = offloads.rx;
    conf.txmode.offloads = offloads.tx;
    conf.rxmode.mtu = port->device_mtu;
    conf.intr_conf.rmv = info.dev_flags != NULL && (*info.dev_flags & RTE_ETH_DEV_INTR_RMV);
    port->segments = offloads.tx & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
    port->chains = offloads.rx & RTE_ETH_RX_OFFLOAD_SCATTER;
    port->numa_node = rte_eth_dev_socket_id(port->ethdev);
    if ((rc = jn_port_configure(app, port, &info, &conf, err)) < 0)
        return rc;
    if (port->interface[0] != '\0' && jn_xdp_queues(port->interface) > port->rx_queues) {
        snprintf(err, JN_ERR_MAX,
                 "port %s: %s spreads frames over %u queues, and Junction would poll %u: ethtool -L %s combined %u",
                 port->option->name, port->interface, jn_xdp_queues(port->interface), port->rx_queues, port->interface,
                 port->rx_queues);
        return -EINVAL;
    }
    if ((rc = jn_port_set_mtu(port, wire_of(app, port) != NULL, &info, err)) < 0)
        return rc;
    rc = jn_port_make_pool(app, port, port->chains, err);
    if (rc < 0)
        return rc;
    rc = jn_port_set_up_queues(port, &info, &conf);
    return rc < 0 ? jn_port_error(port, "its queues cannot be set up", rc, err) : 0;
}

// Which of its functions the driver has chosen for what it was told: a scalar one says that something keeps it off its vectors.
static void
publish_bursts(const struct jn_port *port, struct jn_port_state *state) {
    struct rte_eth_burst_mode mode;
    struct rte_eth_rxq_info rx;
    struct rte_eth_txq_info tx;
    bool rx_known = rte_eth_rx_burst_mode_get(port->ethdev, 0, &mode) == 0;
    snprintf(state->rx_burst, sizeof(state->rx_burst), "%.39s", rx_known ? mode.info : "");
    bool tx_known = rte_eth_tx_burst_mode_get(port->ethdev, 0, &mode) == 0;
    snprintf(state->tx_burst, sizeof(state->tx_burst), "%.39s", tx_known ? mode.info : "");
    state->rx_descriptors = rte_eth_rx_queue_info_get(port->ethdev, 0, &rx) == 0 ? rx.nb_desc : port->rx_descriptors;
    state->tx_descriptors = rte_eth_tx_queue_info_get(port->ethdev, 0, &tx) == 0 ? tx.nb_desc : port->tx_descriptors;
    if (rx_known && tx_known) // drivers without NIC have one each, and no name for it
        jn_log(JN_LOG_INFO, "port %s: receives by \"%s\", %u descriptors a queue, sends by \"%s\", %u",
               port->option->name, state->rx_burst, state->rx_descriptors, state->tx_burst, state->tx_descriptors);
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
    state->numa_node = port->numa_node;
    publish_bursts(port, state);
}

// From here on frames of an interface come in, with their tags.
static int
serve(struct jn_app *app, struct jn_port *port, char err[JN_ERR_MAX]) {
    char reason[JN_ERR_MAX];
    port->tags_program = jn_xdp_serve(port->interface, wire_of(app, port) == NULL, &port->tags);
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
    port->link_passed = false;
    port->link_ms = UINT32_MAX;
    port->note = (struct jn_claim_note){0};
    int rc = probe_device(app, port, err);
    if (rc < 0)
        return rc;
    if ((rc = configure_port(app, port, err)) < 0)
        return rc;
    if ((rc = jn_port_start(port)) < 0)
        return jn_port_error(port, "it cannot be started", rc, err);
    port->started_ms = jn_heartbeat_now_ms();
    if (passes_link_loss(app, port) && (rc = jn_port_link_check(port, err)) < 0)
        return rc;
    port->finishes = jn_nic_leaves_unfinished(port->option->device);
    jn_nic_warn_of_packet(port->option->device);
    if (port->interface[0] != '\0' && (rc = serve(app, port, err)) < 0)
        return rc;
    if ((rc = jn_port_take_all(port, wire_of(app, port) != NULL, err)) < 0)
        return rc;
    publish_port(app, port_idx);
    return 0;
}

// Off the bus, too: what stays there is not opened again, and vfio holds on to it.
static void
close_device(const struct jn_port *port) {
    uint16_t ethdev;
    if (!port->opened)
        return;
    if (rte_eth_dev_get_port_by_name(port->device_name, &ethdev) == 0) {
        rte_eth_dev_stop(ethdev);
        rte_eth_dev_close(ethdev);
    }
    int rc = rte_eal_hotplug_remove(port->pci[0] != '\0' ? "pci" : "vdev", port->device_name);
    if (rc < 0 && rc != -ENODEV)
        jn_log(JN_LOG_ERROR, "port %s (%s): its device cannot be given up: %s", port->option->name,
               port->option->device, strerror(-rc));
}

void
jn_port_close(struct jn_app *app, unsigned int port_idx) {
    struct jn_port *port = &app->ports[port_idx];
    close_device(port);
    port->opened = false;
    jn_claim_undo(port->interface_index, &port->note, true);
    port->note = (struct jn_claim_note){0};
    port->link_passed = false;
    if (port->lock >= 0)
        jn_nic_features_give_back(port->lock, false);
    jn_claim_give_back(port->lock);
    if (port->tags_program >= 0)
        close(port->tags_program);
    port->lock = port->tags_program = -1;
}
