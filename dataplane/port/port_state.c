// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_state.h"

#include <time.h>

#include "clock_read.h"
#include "lists.h"

static bool
is_good(enum jn_port_event event) {
    return event == JN_PORT_EVENT_link_up || event == JN_PORT_EVENT_returned || event == JN_PORT_EVENT_recovered;
}

void
jn_port_happened(struct jn_app *app, unsigned int port_idx, enum jn_port_event event) {
    const struct jn_port_option *option = app->ports[port_idx].option;
    struct jn_port_state *shown = &app->counters->ports[port_idx];
    shown->events[event]++;
    shown->last_event = event;
    shown->event_ns = jn_clock_read(CLOCK_REALTIME);
    jn_log(is_good(event) ? JN_LOG_INFO : JN_LOG_WARNING, "port %s (%s): %s", option->name, option->device,
           jn_port_event_list.rows[event].text);
}

void
jn_port_set_state(struct jn_app *app, unsigned int port_idx, enum jn_port_life state) {
    struct jn_port *port = &app->ports[port_idx];
    struct jn_port_state *shown = &app->counters->ports[port_idx];
    if (port->state == state)
        return;
    if (state != JN_PORT_GONE)
        jn_port_happened(app, port_idx, state == JN_PORT_UP ? JN_PORT_EVENT_link_up : JN_PORT_EVENT_link_down);
    __atomic_store_n(&port->state, (uint8_t)state, __ATOMIC_RELEASE);
    shown->present = state != JN_PORT_GONE;
    shown->link_up = state == JN_PORT_UP;
    shown->link_changes++;
}
