// SPDX-License-Identifier: BSD-3-Clause
#include "port/wire_watch.h"

#include <stdio.h>
#include <string.h>

#include "core/tx.h"
#include "port/link_loss.h"
#include "port/port_link.h"

static struct {
    struct jn_link_loss loss;
    uint64_t started_ms[2]; // when the devices of its ports were started, as far as `loss` knows
    bool begun;
} wires[JN_MAX_WIRES];
static uint64_t opened_ms;
static bool starting;

static struct jn_port *
port_of(struct jn_app *app, unsigned int wire, enum jn_link_side side) {
    const struct jn_wire_option *option = &app->options.wires[wire];
    return &app->ports[side == JN_LINK_ACCESS ? option->access : option->network];
}

static enum jn_link_side
other_side(enum jn_link_side side) {
    return side == JN_LINK_ACCESS ? JN_LINK_NETWORK : JN_LINK_ACCESS;
}

void
jn_wires_start(struct jn_app *app) {
    opened_ms = jn_heartbeat_now_ms();
    starting = true;
    for (unsigned int wire = 0; wire < app->options.wire_count; wire++) {
        jn_link_loss_start(&wires[wire].loss, opened_ms);
        for (enum jn_link_side side = JN_LINK_ACCESS; side <= JN_LINK_NETWORK; side++)
            wires[wire].started_ms[side] = port_of(app, wire, side)->started_ms;
    }
}

static void
note_link_times(struct jn_app *app, uint64_t now_ms) {
    for (unsigned int port_idx = 0; port_idx < app->options.port_count; port_idx++) {
        struct jn_port *port = &app->ports[port_idx];
        struct jn_port_state *shown = &app->counters->ports[port_idx];
        if (port->state == JN_PORT_UP && port->link_ms == UINT32_MAX)
            port->link_ms = (uint32_t)(now_ms - port->started_ms);
        shown->link_ms = port->link_ms;
        shown->link_passed = port->link_passed;
    }
}

static void
begin(struct jn_app *app, unsigned int wire) {
    const struct jn_port *access = port_of(app, wire, JN_LINK_ACCESS), *network = port_of(app, wire, JN_LINK_NETWORK);
    if (wires[wire].begun || access->state != JN_PORT_UP || network->state != JN_PORT_UP)
        return;
    wires[wire].begun = true;
    app->counters->wire_states[wire].begun = 1;
    jn_log(JN_LOG_INFO, "wire %s forwards: the link of %s took %.2f s, that of %s %.2f s",
           app->options.wires[wire].name, access->option->name, access->link_ms / 1000.0, network->option->name,
           network->link_ms / 1000.0);
}

static void
follow(struct jn_app *app, unsigned int wire, struct jn_link_advice advice, uint64_t now_ms) {
    static struct jn_log_limit limit;
    struct jn_port *port = port_of(app, wire, advice.side), *other = port_of(app, wire, other_side(advice.side));
    int rc = jn_port_link_pass(port, advice.up);
    if (rc < 0 && advice.up)
        jn_link_loss_kept_down(&wires[wire].loss, advice.side, now_ms);
    if (rc < 0)
        jn_log_limited(&limit, 1, JN_LOG_ERROR, "port %s (%s): its link cannot be %s: %s", port->option->name,
                       port->option->device, advice.up ? "brought back" : "taken down", strerror(-rc));
    else
        jn_log(JN_LOG_WARNING, "port %s (%s): its link is %s, since port %s has %s its own", port->option->name,
               port->option->device, advice.up ? "brought back" : "taken down", other->option->name,
               advice.up ? "got back" : "lost");
}

static void
pass_link_loss(struct jn_app *app, unsigned int wire, uint64_t now_ms) {
    struct jn_link_seen seen[2];
    struct jn_link_loss *loss = &wires[wire].loss;
    for (enum jn_link_side side = JN_LINK_ACCESS; side <= JN_LINK_NETWORK; side++) {
        struct jn_port *port = port_of(app, wire, side);
        seen[side] = (struct jn_link_seen){.up = port->state == JN_PORT_UP, .gone = port->state == JN_PORT_GONE};
        if (port->started_ms != wires[wire].started_ms[side])
            jn_link_loss_returned(loss, side, port->started_ms);
        wires[wire].started_ms[side] = port->started_ms;
        if (port->link_passed)
            jn_port_link_keep_down(port);
    }
    struct jn_link_advice advice = jn_link_loss_look(loss, seen, now_ms);
    if (advice.side != JN_LINK_NONE)
        follow(app, wire, advice, now_ms);
}

static bool
all_links_up(const struct jn_app *app) {
    for (unsigned int port_idx = 0; port_idx < app->options.port_count; port_idx++)
        if (app->ports[port_idx].state != JN_PORT_UP)
            return false;
    return true;
}

static void
say_running(const struct jn_app *app) {
    char text[256];
    jn_log(JN_LOG_INFO, "running: %u ports, %u wires, %u workers, %s pages", app->options.port_count,
           app->options.wire_count, app->options.worker_count, app->options.huge ? "huge" : "plain");
    for (unsigned int port_idx = 0; port_idx < app->options.port_count; port_idx++) {
        const struct jn_port *port = &app->ports[port_idx];
        if (port->state != JN_PORT_UP && !port->link_passed)
            jn_log(JN_LOG_WARNING, "port %s (%s) has no link, and is waited for: %s", port->option->name,
                   port->option->device, jn_port_no_link_text(port, text, sizeof(text)));
    }
}

bool
jn_wires_watch(struct jn_app *app) {
    uint64_t now_ms = jn_heartbeat_now_ms();
    note_link_times(app, now_ms);
    for (unsigned int wire = 0; wire < app->options.wire_count; wire++) {
        begin(app, wire);
        if (app->options.wires[wire].passes_link_loss)
            pass_link_loss(app, wire, now_ms);
    }
    if (starting && (all_links_up(app) || now_ms - opened_ms >= JN_LINK_SETTLE_MS)) {
        starting = false;
        say_running(app);
        __atomic_store_n(&app->counters->starting, 0, __ATOMIC_RELEASE);
    }
    return starting;
}

void
jn_wires_stop(struct jn_app *app) {
    for (unsigned int port_idx = 0; port_idx < app->options.port_count; port_idx++)
        if (app->ports[port_idx].link_passed)
            jn_port_link_pass(&app->ports[port_idx], true);
}
