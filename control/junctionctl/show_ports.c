// SPDX-License-Identifier: BSD-3-Clause
#include <stdio.h>

#include "commands.h"
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
    {"device", "device", COLUMN_TEXT},
};

static struct jn_port_counters
sum_port(const struct sample *sample, unsigned int port) {
    struct jn_port_counters total = {0};
    for (unsigned int w = 0; w < sample->worker_count; w++) {
        const struct jn_port_counters *c = &sample->region->workers[w].ports[port];
#define X(name, text) total.name += c->name;
        JN_PORT_COUNTERS(X)
#undef X
    }
    return total;
}

static json_t *
port_row(const struct sample pair[2], unsigned int port) {
    const struct jn_port_state *state = &pair[1].region->ports[port];
    struct jn_port_counters before = sum_port(&pair[0], port), now = sum_port(&pair[1], port);
    char name[JN_NAME_MAX], device[sizeof(state->device)], mac[18];
    const uint8_t *m = state->mac;
    snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
    json_t *object = json_object();
    json_object_set_new(object, "name", json_string(jn_counters_text(state->name, JN_NAME_MAX, name, sizeof(name))));
    json_object_set_new(object, "device",
                        json_string(jn_counters_text(state->device, sizeof(state->device), device, sizeof(device))));
    json_object_set_new(object, "mac", json_string(mac));
    json_object_set_new(object, "link", json_string(!state->present ? "gone" : state->link_up ? "up" : "down"));
    json_object_set_new(object, "link_changes", json_integer(state->link_changes));
    json_object_set_new(object, "mtu", json_integer(state->mtu));
    json_object_set_new(object, "queues", json_integer(state->queues));
#define X(name, text) json_object_set_new(object, #name, json_integer((json_int_t)now.name));
    JN_PORT_COUNTERS(X)
#undef X
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
    return object;
}

int
show_ports(const struct invocation *invocation) {
    struct sample pair[2];
    struct view view;
    char err[JN_ERR_MAX];
    if (sample_pair(pair, invocation->instance, err) < 0)
        return sample_fail(err);
    view_open(&view, invocation->json, NULL);
    view_list(&view, "ports", columns, sizeof(columns) / sizeof(columns[0]));
    for (unsigned int p = 0; p < pair[1].port_count; p++)
        view_row(&view, port_row(pair, p));
    view_close(&view);
    sample_pair_free(pair);
    return COMMAND_DONE;
}
