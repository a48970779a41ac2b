// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_life.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include <rte_ethdev.h>

#include "clock_read.h"
#include "port/device_return.h"
#include "port/pool_keep.h"
#include "port/port_deal.h"
#include "port/port_events.h"
#include "port/port_link.h"
#include "port/port_open.h"
#include "port/port_state.h"
#include "port/port_told.h"
#include "port/xdp.h"
#include "worker/worker_make.h"
#include "worker/worker_wait.h"

#define RETRY_NS UINT64_C(1000000000)

static void
workers_leave(struct jn_app *app, unsigned int port_idx) {
    jn_port_set_state(app, port_idx, JN_PORT_GONE);
    jn_workers_wait_round(app);
}

static void
close_port(struct jn_app *app, unsigned int port_idx) {
    struct jn_port *port = &app->ports[port_idx];
    jn_port_close(app, port_idx);
    jn_port_events_take(app, port_idx);
    port->ethdev = UINT16_MAX; // the next port that is opened may have that number
    if (port->interface[0] != '\0' && port->pool != NULL)
        jn_pool_take_back(app, port->pool);
    port->closed = true;
    port->recovering = false;
}

void
jn_port_take_away(struct jn_app *app, unsigned int port_idx, enum jn_port_event event) {
    jn_port_happened(app, port_idx, event);
    workers_leave(app, port_idx);
    close_port(app, port_idx);
    app->ports[port_idx].retry_ns = 0;
}

void
jn_port_reset(struct jn_app *app, unsigned int port_idx) {
    struct jn_port *port = &app->ports[port_idx];
    if (port->state != JN_PORT_GONE) { // else it was asked to wait
        jn_port_happened(app, port_idx, JN_PORT_EVENT_reset);
        workers_leave(app, port_idx);
    }
    int rc = rte_eth_dev_reset(port->ethdev);
    if (rc == -EAGAIN) {
        port->told |= JN_TOLD_RESET;
        return;
    }
    if (rc < 0)
        close_port(app, port_idx);
    port->closed = true;
    port->retry_ns = 0;
}

void
jn_port_bring_back(struct jn_app *app, unsigned int port_idx) {
    static struct jn_log_limit limits[JN_MAX_PORTS];
    struct jn_port *port = &app->ports[port_idx];
    char err[JN_ERR_MAX];
    uint64_t now = jn_clock_read(CLOCK_MONOTONIC);
    if (now < port->retry_ns || !jn_device_is_back(port, port_idx))
        return;
    jn_port_events_take(app, port_idx); // of before it was reset
    port->told = 0;
    if (jn_port_open(app, port_idx, err) < 0) {
        close_port(app, port_idx);
        port->retry_ns = jn_clock_read(CLOCK_MONOTONIC) + RETRY_NS;
        jn_log_limited(&limits[port_idx], 1, JN_LOG_WARNING, "%s", err);
        return;
    }
    jn_port_deal(app, port_idx);
    jn_workers_follow(app, port_idx);
    port->closed = false;
    app->port_returned = true; // with another MAC, perhaps: outer headers are made anew from the same policy
    app->policy_seen = 0;
    jn_port_happened(app, port_idx, JN_PORT_EVENT_returned);
    jn_port_set_state(app, port_idx, jn_port_has_link(port) ? JN_PORT_UP : JN_PORT_DOWN);
}
