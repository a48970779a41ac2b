// SPDX-License-Identifier: BSD-3-Clause
// Ports, wires, cores and sizes.
#define _GNU_SOURCE
#include "config/config_dataplane.h"

#include <sched.h>
#include <string.h>

#include "config/config_kind.h"
#include "config/config_sizes.h"
#include "config/config_underlay.h"
#include "config/config_value.h"
#include "device_name.h"

static unsigned int
highest_cpu(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        for (unsigned int cpu = CPU_SETSIZE; cpu-- > 0;)
            if (CPU_ISSET(cpu, &set))
                return cpu;
    return 0;
}

static void
read_cores(struct jn_reader *reader, const json_t *dataplane, const struct jn_json_step *at) {
    struct jn_config_dataplane *d = &reader->config->dataplane;
    const json_t *cores = jn_get_part(dataplane, JN_KEY_WORKER_CORES);
    const struct jn_json_step *here = JN_MEMBER(at, "worker_cores");
    for (size_t i = 0; i < json_array_size(cores); i++) {
        const json_t *core = json_array_get(cores, i);
        d->worker_cores[i] = (unsigned int)json_integer_value(core);
        for (size_t j = 0; j < i && json_is_integer(core); j++)
            if (json_equal(core, json_array_get(cores, j)))
                jn_reader_error(reader, JN_ITEM(here, i), "%u is already taken by dataplane.worker_cores[%zu]",
                                d->worker_cores[i], j);
    }
    d->worker_count = (unsigned int)json_array_size(cores);
    if (d->worker_count == 0) {
        d->worker_cores[0] = highest_cpu();
        d->worker_count = 1;
    }
}

// Add the text of item `index`, if it has one, to the unique keys.
static void
add_key(struct jn_unique_key *keys, size_t *count, size_t index, const char *text) {
    if (text != NULL)
        keys[(*count)++] = (struct jn_unique_key){text, strlen(text), index, text};
}

static void
check_port(struct jn_reader *reader, const json_t *port, const struct jn_json_step *at) {
    const char *device = jn_get_text(port, JN_KEY_PORT_DEVICE);
    if (device != NULL && strchr(device, ';') != NULL)
        jn_reader_error(reader, JN_MEMBER(at, "device"), "\";\" separates options on the dataplane's command line");
}

// A device that an earlier port has, however it is written.
static void
check_taken(struct jn_reader *reader, const struct jn_json_step *ports, unsigned int port_idx) {
    const struct jn_config_port *port = reader->config->dataplane.ports;
    char taken[JN_DEVICE_TAKEN_MAX], shown[JN_SHOWN_MAX];
    for (unsigned int i = 0; i < port_idx; i++) {
        if (port[i].device[0] == '\0' || !jn_device_shares(port[port_idx].device, port[i].device, taken))
            continue;
        jn_text_shown(port[port_idx].device, shown);
        if (strcmp(port[i].device, port[port_idx].device) == 0)
            jn_reader_error(reader, JN_MEMBER(JN_ITEM(ports, port_idx), "device"),
                            "%s is already taken by dataplane.ports[%u]", shown, i);
        else
            jn_reader_error(reader, JN_MEMBER(JN_ITEM(ports, port_idx), "device"),
                            "%s: %s is already taken by dataplane.ports[%u]", shown, taken, i);
        return;
    }
}

static void
read_ports(struct jn_reader *reader, const json_t *dataplane, const struct jn_json_step *at) {
    struct jn_config_dataplane *d = &reader->config->dataplane;
    const json_t *ports = jn_get_part(dataplane, JN_KEY_PORTS);
    const struct jn_json_step *here = JN_MEMBER(at, "ports");
    struct jn_unique_key names[JN_MAX_PORTS];
    size_t name_count = 0;
    d->port_count = (unsigned int)json_array_size(ports);
    for (size_t i = 0; i < d->port_count; i++) {
        const json_t *port = json_array_get(ports, i);
        const char *name = jn_get_text(port, JN_KEY_PORT_NAME), *device = jn_get_text(port, JN_KEY_PORT_DEVICE);
        jn_copy_text(d->ports[i].name, sizeof(d->ports[i].name), name);
        jn_copy_text(d->ports[i].device, sizeof(d->ports[i].device), device);
        d->ports[i].mtu = (uint16_t)jn_get_integer(port, JN_KEY_PORT_MTU);
        d->ports[i].vlan_id = jn_get_part(port, JN_KEY_PORT_VLAN) == NULL
                                  ? JN_VLAN_ID_NONE
                                  : (uint16_t)jn_get_integer(port, JN_KEY_PORT_VLAN);
        add_key(names, &name_count, i, name);
        check_port(reader, port, JN_ITEM(here, i));
        check_taken(reader, here, (unsigned int)i);
    }
    jn_reader_duplicates(reader, here, "name", names, name_count);
}

// The number of the port that a wire's end names, and who else has it. users[port]: the path that took it first.
static uint16_t
read_end(struct jn_reader *reader, const json_t *wire, enum jn_key key, const struct jn_json_step *at,
         char users[JN_MAX_PORTS][64]) {
    struct jn_config_dataplane *d = &reader->config->dataplane;
    const struct jn_json_step *here = JN_MEMBER(at, jn_key_name(key));
    const char *known[JN_MAX_PORTS], *name = jn_get_text(wire, key);
    struct jn_names names = {known, d->port_count};
    char shown[JN_SHOWN_MAX], meant[JN_SHOWN_MAX + 24];
    if (name == NULL || d->port_count == 0)
        return 0;
    for (unsigned int i = 0; i < d->port_count; i++) {
        known[i] = d->ports[i].name;
        if (strcmp(name, d->ports[i].name) != 0)
            continue;
        if (users[i][0] != '\0')
            jn_reader_error(reader, here, "port \"%s\" is already taken by %s", name, users[i]);
        else
            jn_json_path(here, users[i], sizeof(users[i]));
        return i;
    }
    jn_reader_error(reader, here, "no port is named %s%s", jn_text_shown(name, shown),
                    jn_did_you_mean(jn_names_nearest(&names, name), meant));
    return 0;
}

static void
read_wires(struct jn_reader *reader, const json_t *dataplane, const struct jn_json_step *at) {
    struct jn_config_dataplane *d = &reader->config->dataplane;
    const json_t *wires = jn_get_part(dataplane, JN_KEY_WIRES);
    const struct jn_json_step *here = JN_MEMBER(at, "wires");
    struct jn_unique_key names[JN_MAX_WIRES];
    char users[JN_MAX_PORTS][64] = {{0}};
    size_t name_count = 0;
    d->wire_count = (unsigned int)json_array_size(wires);
    for (size_t i = 0; i < d->wire_count; i++) {
        const json_t *wire = json_array_get(wires, i);
        const char *name = jn_get_text(wire, JN_KEY_WIRE_NAME);
        jn_copy_text(d->wires[i].name, sizeof(d->wires[i].name), name);
        add_key(names, &name_count, i, name);
        d->wires[i].access = read_end(reader, wire, JN_KEY_WIRE_ACCESS, JN_ITEM(here, i), users);
        d->wires[i].network = read_end(reader, wire, JN_KEY_WIRE_NETWORK, JN_ITEM(here, i), users);
        d->wires[i].link_loss = (enum jn_link_loss_mode)jn_get_word(wire, JN_KEY_WIRE_LINK_LOSS);
    }
    jn_reader_duplicates(reader, here, "name", names, name_count);
}

void
jn_config_read_dataplane(struct jn_reader *reader, const json_t *dataplane) {
    struct jn_config_dataplane *d = &reader->config->dataplane;
    const struct jn_json_step *at = JN_MEMBER(NULL, "dataplane");
    const json_t *idle = jn_get_part(dataplane, JN_KEY_IDLE);
    d->hugepages = jn_get_bool(dataplane, JN_KEY_HUGEPAGES);
    d->memory_mb = (uint32_t)jn_get_integer(dataplane, JN_KEY_MEMORY_MB);
    d->flow_table_entries = (uint32_t)jn_get_integer(dataplane, JN_KEY_FLOW_ENTRIES);
    d->record_ring_entries = (uint32_t)jn_get_integer(dataplane, JN_KEY_RECORD_ENTRIES);
    d->max_vpgs = (uint32_t)jn_get_integer(dataplane, JN_KEY_MAX_VPGS);
    d->vpg_devices = (uint32_t)jn_get_integer(dataplane, JN_KEY_VPG_DEVICES);
    d->mbufs = (uint32_t)jn_get_integer(dataplane, JN_KEY_MBUFS);
    d->isa = (unsigned int)jn_get_word(dataplane, JN_KEY_ISA);
    d->idle = (enum jn_idle_mode)jn_get_word(idle, JN_KEY_IDLE_MODE);
    d->idle_max_sleep_us = (uint32_t)jn_get_integer(idle, JN_KEY_IDLE_SLEEP);
    d->hang_seconds = (uint32_t)jn_get_integer(dataplane, JN_KEY_HANG_SECONDS);
    read_cores(reader, dataplane, at);
    read_ports(reader, dataplane, at);
    read_wires(reader, dataplane, at);
    jn_config_read_underlay(reader, jn_get_part(dataplane, JN_KEY_PORTS), JN_MEMBER(at, "ports"));
    if (reader->error_count == 0)
        jn_config_check_sizes(reader, at);
}
