// SPDX-License-Identifier: BSD-3-Clause
#include "commands.h"
#include "config/json_address.h"
#include "sample.h"
#include "view.h"

static const struct column columns[] = {
    {"name", "port", COLUMN_TEXT},
    {"link", "link", COLUMN_TEXT},
    {"mtu", "mtu", COLUMN_COUNT},
    {"rx_packets", "rx packets", COLUMN_COUNT},
    {"rx_bytes", "rx bytes", COLUMN_COUNT},
    {"rx_packets_per_second", "rx pps", COLUMN_SI},
    {"rx_bits_per_second", "rx bit/s", COLUMN_SI},
    {"tx_packets", "tx packets", COLUMN_COUNT},
    {"tx_bytes", "tx bytes", COLUMN_COUNT},
    {"tx_packets_per_second", "tx pps", COLUMN_SI},
    {"tx_bits_per_second", "tx bit/s", COLUMN_SI},
    {"tx_dropped", "tx dropped", COLUMN_COUNT},
    {"rx_missed", "rx missed", COLUMN_COUNT},
    {"growing", "growing", COLUMN_TEXT},
    {"device", "device", COLUMN_TEXT},
};

static struct jn_port_counters
sum_port(const struct sample *sample, unsigned int port) {
    struct jn_port_counters total = {0};
    for (unsigned int w = 0; w < sample->worker_count; w++)
        sample_add(&total, &sample->region->workers[w].ports[port], sizeof(total));
    return total;
}

// Counters that grow: frames are being lost.
static json_t *
warnings_of(const struct jn_port_state *state) {
    static const char *const names[] = {
#define X(id, name) name,
        JN_PORT_LOSSES(X)
#undef X
    };
    json_t *warnings = json_array();
    for (unsigned int i = 0; i < JN_PORT_LOSS_COUNT; i++)
        if (state->losing >> i & 1)
            json_array_append_new(warnings, json_string(names[i]));
    return warnings;
}

static json_t *
port_row(const struct sample pair[2], unsigned int port) {
    const struct jn_port_state *state = &pair[1].region->ports[port];
    struct jn_port_counters before = sum_port(&pair[0], port), now = sum_port(&pair[1], port);
    char name[JN_NAME_MAX], device[sizeof(state->device)];
    json_t *object = json_object();
    json_object_set_new(object, "name", json_string(jn_counters_text(state->name, JN_NAME_MAX, name, sizeof(name))));
    json_object_set_new(object, "device",
                        json_string(jn_counters_text(state->device, sizeof(state->device), device, sizeof(device))));
    json_object_set_new(object, "mac", jn_json_mac(state->mac));
    json_object_set_new(object, "link", json_string(!state->present ? "gone" : state->link_up ? "up" : "down"));
    json_object_set_new(object, "link_changes", json_integer(state->link_changes));
    json_object_set_new(object, "mtu", json_integer(state->mtu));
    json_object_set_new(object, "queues", json_integer(state->queues));
    row_set_counters(object, &jn_port_counter_list, &now);
    json_object_set_new(object, "rx_missed", json_integer((json_int_t)state->rx_missed));
    json_object_set_new(object, "rx_errors", json_integer((json_int_t)state->rx_errors));
    json_object_set_new(object, "rx_nombuf", json_integer((json_int_t)state->rx_nombuf));
    json_object_set_new(object, "tx_errors", json_integer((json_int_t)state->tx_errors));
    json_object_set_new(object, "rx_packets_per_second",
                        json_real(sample_rate(pair, before.rx_packets, now.rx_packets)));
    json_object_set_new(object, "tx_packets_per_second",
                        json_real(sample_rate(pair, before.tx_packets, now.tx_packets)));
    json_object_set_new(object, "rx_bits_per_second", json_real(8 * sample_rate(pair, before.rx_bytes, now.rx_bytes)));
    json_object_set_new(object, "tx_bits_per_second", json_real(8 * sample_rate(pair, before.tx_bytes, now.tx_bytes)));
    json_object_set_new(object, "numa_node", state->numa_node < 0 ? json_null() : json_integer(state->numa_node));
    json_object_set_new(object, "growing", warnings_of(state));
    return object;
}

static void
port_rows(struct view *view, const struct sample pair[2], bool all) {
    (void)all;
    for (unsigned int p = 0; p < pair[1].port_count; p++)
        view_row(view, port_row(pair, p));
}

int
show_ports(const struct invocation *invocation) {
    return sample_show(invocation, "ports", COLUMNS(columns), port_rows);
}
