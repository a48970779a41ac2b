// SPDX-License-Identifier: BSD-3-Clause
// Ports come and go: a link goes down, an interface is deleted and made again, a device is unplugged, reset, repaired.
// Traffic of other wires never waits for it.
#include "port/port_watch.h"

#include <rte_ethdev.h>

#include "heartbeat.h"
#include "nic.h"
#include "port/nic_features.h"
#include "port/pool_keep.h"
#include "port/port_deal.h"
#include "port/port_events.h"
#include "port/port_life.h"
#include "port/port_link.h"
#include "port/port_losses.h"
#include "port/port_state.h"
#include "port/port_told.h"

enum { HOLD_ROUNDS = 20 }; // a second

static bool
device_is_gone(const struct jn_port *port) {
    if (port->interface[0] != '\0')
        return if_nametoindex(port->interface) != port->interface_index;
    // A driver that stays the kernel's does not ask us to let the device go.
    if (port->pci[0] != '\0' && port->life != 0 && jn_nic_life("", port->pci) != port->life)
        return true;
    if (port->recovering)
        return false;
    return !rte_eth_dev_is_valid_port(port->ethdev) || rte_eth_dev_is_removed(port->ethdev) == 1;
}

// A driver may have mended the device and forgotten its flow rules, without which its queues deal flows out otherwise.
static bool
keeps_rules(const struct jn_port *port) {
    struct rte_eth_dev_info info;
    return !port->by_flow ||
           (rte_eth_dev_info_get(port->ethdev, &info) == 0 && (info.dev_capa & RTE_ETH_DEV_CAPA_FLOW_RULE_KEEP));
}

static void
read_statistics(struct jn_app *app, unsigned int port_idx) {
    struct jn_port_state *shown = &app->counters->ports[port_idx];
    struct rte_eth_stats stats;
    if (rte_eth_stats_get(app->ports[port_idx].ethdev, &stats) != 0)
        return;
    shown->rx_missed = stats.imissed;
    shown->rx_errors = stats.ierrors;
    shown->rx_nombuf = stats.rx_nombuf;
    shown->tx_errors = stats.oerrors;
    jn_port_losses_watch(port_idx, shown, jn_heartbeat_now_ms());
}

void
jn_port_watch_start(struct jn_app *app) {
    for (unsigned int port_idx = 0; port_idx < app->options.port_count; port_idx++)
        jn_port_set_state(app, port_idx, jn_port_has_link(&app->ports[port_idx]) ? JN_PORT_UP : JN_PORT_DOWN);
}

static void
heed(struct jn_app *app, unsigned int port_idx) {
    struct jn_port *port = &app->ports[port_idx];
    switch (jn_port_told_step(&port->told, port->recovering)) {
    case JN_PORT_STAYS: break;
    case JN_PORT_GOES: jn_port_take_away(app, port_idx, JN_PORT_EVENT_removed); break;
    case JN_PORT_RESETS: jn_port_reset(app, port_idx); break;
    case JN_PORT_REOPENS: jn_port_take_away(app, port_idx, JN_PORT_EVENT_failed); break;
    case JN_PORT_RECOVERS:
        jn_port_happened(app, port_idx, JN_PORT_EVENT_recovering);
        jn_port_set_state(app, port_idx, JN_PORT_DOWN);
        port->recovering = true;
        break;
    case JN_PORT_RESUMES:
        port->recovering = false;
        if (!keeps_rules(port)) {
            jn_port_take_away(app, port_idx, JN_PORT_EVENT_recovered);
            break;
        }
        jn_port_happened(app, port_idx, JN_PORT_EVENT_recovered);
        if (port->link_passed) // the driver has started its device anew, with its link
            jn_port_link_pass(port, false);
        break;
    }
}

static void
show_pools(struct jn_app *app, unsigned int port_idx) {
    struct jn_port_state *shown = &app->counters->ports[port_idx];
    uint64_t buffers;
    shown->kept_pools = jn_pools_kept(port_idx, &buffers);
    shown->kept_buffers = buffers;
}

static void
look(struct jn_app *app, unsigned int port_idx, bool hold) {
    struct jn_port *port = &app->ports[port_idx];
    show_pools(app, port_idx);
    if (port->closed) {
        jn_port_bring_back(app, port_idx);
        return;
    }
    port->told |= jn_port_events_take(app, port_idx) | (device_is_gone(port) ? JN_TOLD_REMOVED : 0);
    heed(app, port_idx);
    if (port->closed || port->recovering || port->state == JN_PORT_GONE)
        return;
    jn_port_set_state(app, port_idx, jn_port_has_link(port) ? JN_PORT_UP : JN_PORT_DOWN);
    if (hold && port->lock >= 0)
        jn_nic_features_hold(port->lock);
    read_statistics(app, port_idx);
    jn_port_watch_deal(app, port_idx);
}

void
jn_port_watch(struct jn_app *app) {
    static unsigned int rounds;
    rounds++;
    jn_pools_look(app);
    for (unsigned int port_idx = 0; port_idx < app->options.port_count; port_idx++)
        look(app, port_idx, rounds % HOLD_ROUNDS == 0);
}
