// SPDX-License-Identifier: BSD-3-Clause
// Ports come and go: a link goes down, an interface is deleted and made again. Traffic of other wires never waits for it.
#include "port/port_watch.h"

#include <rte_ethdev.h>

#include "core/tx.h"
#include "port/nic_features.h"
#include "port/port_open.h"
#include "port/xdp.h"
#include "worker/worker_loop.h"
#include "worker/worker_make.h"

enum { HOLD_ROUNDS = 20 }; // a second

static bool
link_is_up(const struct jn_port *port) {
    struct rte_eth_link link;
    // The AF_XDP driver does not follow its interface.
    if (port->interface[0] != '\0')
        return jn_xdp_is_up(port->interface);
    return rte_eth_link_get_nowait(port->ethdev, &link) == 0 && link.link_status;
}

static bool
device_is_gone(const struct jn_port *port) {
    if (port->interface[0] != '\0')
        return if_nametoindex(port->interface) != port->interface_index;
    return !rte_eth_dev_is_valid_port(port->ethdev) || rte_eth_dev_is_removed(port->ethdev) == 1;
}

static void
set_state(struct jn_app *app, unsigned int port_idx, enum jn_port_life state) {
    struct jn_port *port = &app->ports[port_idx];
    struct jn_port_state *shown = &app->counters->ports[port_idx];
    if (port->state == state)
        return;
    static const char *const words[] = {"gone", "link down", "link up"};
    jn_log(state == JN_PORT_UP ? JN_LOG_INFO : JN_LOG_WARNING, "port %s (%s): %s", port->option->name,
           port->option->device, words[state]);
    port->lived |= state != JN_PORT_GONE;
    __atomic_store_n(&port->state, (uint8_t)state, __ATOMIC_RELEASE);
    shown->present = state != JN_PORT_GONE;
    shown->link_up = state == JN_PORT_UP;
    shown->link_changes++;
}

static void
bring_back(struct jn_app *app, unsigned int port_idx) {
    static struct jn_log_limit limit;
    struct jn_port *port = &app->ports[port_idx];
    char err[JN_ERR_MAX];
    if (port->interface[0] != '\0' && if_nametoindex(port->interface) == 0)
        return;
    if (jn_port_open(app, port_idx, err) < 0) {
        jn_port_close(app, port_idx);
        jn_log_limited(&limit, 1, JN_LOG_WARNING, "%s", err);
        return;
    }
    jn_workers_follow(app, port_idx);
    port->closed = false;
    app->port_returned = true; // with another MAC, perhaps: outer headers are made anew from the same policy
    app->policy_seen = 0;
    set_state(app, port_idx, link_is_up(port) ? JN_PORT_UP : JN_PORT_DOWN);
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
}

void
jn_port_watch_start(struct jn_app *app) {
    for (unsigned int port_idx = 0; port_idx < app->options.port_count; port_idx++)
        set_state(app, port_idx, link_is_up(&app->ports[port_idx]) ? JN_PORT_UP : JN_PORT_DOWN);
}

void
jn_port_watch(struct jn_app *app) {
    static unsigned int rounds;
    rounds++;
    for (unsigned int port_idx = 0; port_idx < app->options.port_count; port_idx++) {
        struct jn_port *port = &app->ports[port_idx];
        if (port->closed) {
            bring_back(app, port_idx);
            continue;
        }
        if (device_is_gone(port)) {
            set_state(app, port_idx, JN_PORT_GONE);
            jn_workers_wait_round(app);
            jn_port_close(app, port_idx);
            port->closed = true;
            continue;
        }
        set_state(app, port_idx, link_is_up(port) ? JN_PORT_UP : JN_PORT_DOWN);
        if (port->lock >= 0 && rounds % HOLD_ROUNDS == 0)
            jn_nic_features_hold(port->lock);
        read_statistics(app, port_idx);
    }
}
