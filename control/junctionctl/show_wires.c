// SPDX-License-Identifier: BSD-3-Clause
#include "show_wires.h"

#include <stdio.h>

#include "counters_view.h"

static const struct column columns[] = {
    {"wire", "wire", COLUMN_TEXT},           {"access", "access", COLUMN_TEXT}, {"network", "network", COLUMN_TEXT},
    {"link_loss", "link loss", COLUMN_TEXT}, {"state", "state", COLUMN_TEXT},   {"detail", "", COLUMN_TEXT},
};

// A port of the region, which may say any number; NULL: there is none of it.
static const struct jn_port_state *
port_at(const struct sample *sample, unsigned int port) {
    return port < sample->port_count ? &sample->region->ports[port] : NULL;
}

static bool
is_up(const struct jn_port_state *port) {
    return port != NULL && port->present && port->link_up;
}

// Add the names of ports without link to a list in text.
static void
add_waited_for(const struct jn_port_state *port, char *text, size_t size, size_t *used) {
    char name[JN_NAME_MAX];
    if (port == NULL || is_up(port) || port->link_passed || *used >= size)
        return;
    int n = snprintf(text + *used, size - *used, "%s%s", *used == 0 ? "waiting for link of port " : ", ",
                     jn_counters_text(port->name, JN_NAME_MAX, name, sizeof(name)));
    *used += n > 0 ? (size_t)n : 0;
}

static json_t *
port_name(const struct jn_port_state *port) {
    char name[JN_NAME_MAX];
    return port == NULL ? json_null() : json_string(jn_counters_text(port->name, JN_NAME_MAX, name, sizeof(name)));
}

static json_t *
wire_row(const struct sample *sample, unsigned int wire) {
    const struct jn_wire_state *state = &sample->region->wire_states[wire];
    const struct jn_port_state *access = port_at(sample, state->access), *network = port_at(sample, state->network);
    char name[JN_NAME_MAX], detail[128] = "";
    size_t used = 0;
    add_waited_for(access, detail, sizeof(detail), &used);
    add_waited_for(network, detail, sizeof(detail), &used);
    bool forwards = state->begun && is_up(access) && is_up(network);
    json_t *row = json_object();
    json_object_set_new(row, "wire",
                        json_string(jn_counters_text(sample->region->wires[wire], JN_NAME_MAX, name, sizeof(name))));
    json_object_set_new(row, "access", port_name(access));
    json_object_set_new(row, "network", port_name(network));
    json_object_set_new(row, "link_loss", json_string(state->link_loss_passed ? "pass" : "keep"));
    json_object_set_new(row, "state", json_string(forwards ? "forwarding" : "waiting"));
    json_object_set_new(row, "detail", json_string(detail));
    return row;
}

void
wires_list(struct view *view, const struct sample *sample) {
    view_list(view, "wires", COLUMNS(columns));
    for (unsigned int wire = 0; wire < sample->region->wire_count && wire < JN_MAX_WIRES; wire++)
        view_row(view, wire_row(sample, wire));
}

bool
wires_starting(const struct sample *sample, char *detail, size_t size) {
    size_t used = 0;
    if (!sample->region->starting)
        return false;
    for (unsigned int port = 0; port < sample->port_count; port++)
        add_waited_for(&sample->region->ports[port], detail, size, &used);
    if (used == 0)
        snprintf(detail, size, "opening its ports");
    return true;
}
