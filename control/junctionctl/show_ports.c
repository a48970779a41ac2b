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
    {"queues", "queues", COLUMN_COUNT},
    {"hash", "hash", COLUMN_TEXT},
    {"rx_astray", "rx astray", COLUMN_COUNT},
    {"growing", "growing", COLUMN_TEXT},
    {"last_event", "last event", COLUMN_TEXT},
    {"device", "device", COLUMN_TEXT},
};

static struct jn_port_counters
sum_port(const struct sample *sample, unsigned int port) {
    struct jn_port_counters total = {0};
    for (unsigned int w = 0; w < sample->worker_count; w++)
        sample_add(&total, &sample->region->workers[w].ports[port], sizeof(total));
    return total;
}

static const char *
link_text(const struct jn_port_state *state) {
    if (!state->present)
        return "gone";
    if (state->link_passed)
        return "down (passed on)";
    return state->link_up ? "up" : "down";
}

static json_t *
event_counts(const struct jn_port_state *state) {
    json_t *object = json_object();
    for (unsigned int i = 0; i < jn_port_event_list.count; i++)
        json_object_set_new(object, jn_list_word(&jn_port_event_list, i), json_integer(state->events[i]));
    return object;
}

static void
set_events(json_t *object, const struct jn_port_state *state) {
    bool any = state->last_event < jn_port_event_list.count;
    json_object_set_new(object, "events", event_counts(state));
    json_object_set_new(object, "last_event",
                        any ? json_string(jn_list_word(&jn_port_event_list, state->last_event)) : json_null());
    json_object_set_new(object, "last_event_time", any ? json_real((double)state->event_ns / 1e9) : json_null());
    json_object_set_new(object, "kept_pools", json_integer(state->kept_pools));
    json_object_set_new(object, "kept_buffers", json_integer((json_int_t)state->kept_buffers));
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

// As the driver names its functions.
static void
set_bursts(json_t *object, const struct jn_port_state *state) {
    const size_t size = sizeof(state->rx_burst);
    char rx[sizeof(state->rx_burst)], tx[sizeof(state->tx_burst)];
    jn_counters_text(state->rx_burst, size, rx, size);
    jn_counters_text(state->tx_burst, size, tx, size);
    json_object_set_new(object, "rx_burst", rx[0] != '\0' ? json_string(rx) : json_null());
    json_object_set_new(object, "tx_burst", tx[0] != '\0' ? json_string(tx) : json_null());
    json_object_set_new(object, "rx_descriptors", json_integer(state->rx_descriptors));
    json_object_set_new(object, "tx_descriptors", json_integer(state->tx_descriptors));
}

static json_t *
port_row(const struct sample pair[2], unsigned int port) {
    const struct jn_port_state *state = &pair[1].region->ports[port];
    struct jn_port_counters before = sum_port(&pair[0], port), now = sum_port(&pair[1], port);
    char name[JN_NAME_MAX], device[sizeof(state->device)], why[sizeof(state->hash_why)];
    json_t *object = json_object();
    json_object_set_new(object, "name", json_string(jn_counters_text(state->name, JN_NAME_MAX, name, sizeof(name))));
    json_object_set_new(object, "device",
                        json_string(jn_counters_text(state->device, sizeof(state->device), device, sizeof(device))));
    json_object_set_new(object, "mac", jn_json_mac(state->mac));
    json_object_set_new(object, "link", json_string(link_text(state)));
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
    json_object_set_new(object, "workers", json_integer(state->workers));
    json_object_set_new(object, "hash", json_string(jn_list_word(&jn_port_hash_list, state->hash)));
    json_object_set_new(object, "hash_why",
                        json_string(jn_counters_text(state->hash_why, sizeof(state->hash_why), why, sizeof(why))));
    json_object_set_new(object, "disobeys", json_boolean(state->disobeys));
    json_object_set_new(object, "rx_bits_per_second", json_real(8 * sample_rate(pair, before.rx_bytes, now.rx_bytes)));
    json_object_set_new(object, "tx_bits_per_second", json_real(8 * sample_rate(pair, before.tx_bytes, now.tx_bytes)));
    set_events(object, state);
    json_object_set_new(object, "link_seconds",
                        state->present && state->link_ms != UINT32_MAX ? json_real(state->link_ms / 1000.0)
                                                                       : json_null());
    json_object_set_new(object, "numa_node", state->numa_node < 0 ? json_null() : json_integer(state->numa_node));
    set_bursts(object, state);
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
