// SPDX-License-Identifier: BSD-3-Clause
// The dataplane parses no JSON: what it needs to start goes on its command line.
#include "dataplane_arguments.h"

#include <stdio.h>

static void
add_cores(struct arguments *arguments, const struct jn_config_dataplane *dataplane) {
    char cores[JN_MAX_WORKERS * 12] = "";
    int length = 0;
    for (unsigned int i = 0; i < dataplane->worker_count; i++)
        length += snprintf(cores + length, sizeof(cores) - (size_t)length, "%s%u", i > 0 ? "," : "",
                           dataplane->worker_cores[i]);
    if (length > 0) {
        arguments_add(arguments, "--worker-cores");
        arguments_add(arguments, "%s", cores);
    }
}

void
dataplane_arguments(struct arguments *arguments, const struct jn_config *config, const char *instance) {
    static const char *const idle_words[] = {"never", "pause", "sleep"};
    const struct jn_config_dataplane *dataplane = &config->dataplane;
    arguments_add(arguments, "junction-dataplane");
    arguments_add(arguments, "--instance=%s", instance);
    for (unsigned int i = 0; i < dataplane->port_count; i++) {
        const struct jn_config_port *port = &dataplane->ports[i];
        if (port->mtu != 0)
            arguments_add(arguments, "--port=%s=%s;mtu=%u", port->name, port->device, port->mtu);
        else
            arguments_add(arguments, "--port=%s=%s", port->name, port->device);
    }
    for (unsigned int i = 0; i < dataplane->wire_count; i++) {
        const struct jn_config_wire *wire = &dataplane->wires[i];
        arguments_add(arguments, "--wire=%s=%s:%s", wire->name, dataplane->ports[wire->access].name,
                      dataplane->ports[wire->network].name);
    }
    add_cores(arguments, dataplane);
    if (!dataplane->hugepages)
        arguments_add(arguments, "--no-huge");
    arguments_add(arguments, "--memory-mb=%u", dataplane->memory_mb);
    arguments_add(arguments, "--flow-entries=%u", dataplane->flow_table_entries);
    arguments_add(arguments, "--record-entries=%u", dataplane->record_ring_entries);
    arguments_add(arguments, "--vpgs=%u", dataplane->max_vpgs);
    arguments_add(arguments, "--mbufs=%u", dataplane->mbufs);
    arguments_add(arguments, "--idle=%s", idle_words[dataplane->idle]);
    arguments_add(arguments, "--idle-max-us=%u", dataplane->idle_max_sleep_us);
    arguments_add(arguments, "--log=%s", jn_log_level_word(config->log_level));
}
