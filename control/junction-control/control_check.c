// SPDX-License-Identifier: BSD-3-Clause
#include "control_check.h"

#include <stdio.h>
#include <string.h>

// found: of a name in a region, or NULL: there is none of that number.
static int
check_name(struct failure *failure, const char *what, const char *wanted, const char *found) {
    char name[JN_NAME_MAX] = "none";
    if (found != NULL)
        jn_counters_text(found, JN_NAME_MAX, name, sizeof(name));
    if (strcmp(wanted, name) == 0)
        return 0;
    return control_fail(failure, "restart_needed",
                        "%s: the running dataplane has %s where the file has %s: it was changed, so restart it first",
                        what, name, wanted);
}

// A policy names wires and ports by their number. The running dataplane's numbers are those it was started with.
int
control_check_numbers(struct control *control, const struct jn_config *config, struct failure *failure) {
    char what[64];
    if (!publisher_dataplane(&control->publisher))
        return 0;
    const struct jn_counters_view *view = &control->publisher.counters;
    if (config->vpg_count > view->vpg_capacity)
        return control_fail(failure, "restart_needed",
                            "vpgs: the running dataplane has room for %u where the file has %u: dataplane.max_vpgs was "
                            "changed, so restart it first",
                            view->vpg_capacity, config->vpg_count);
    for (unsigned int i = 0; i < config->vpg_count; i++)
        for (uint64_t wires = config->vpgs[i].wires; wires != 0; wires &= wires - 1) {
            unsigned int wire = (unsigned int)__builtin_ctzll(wires);
            snprintf(what, sizeof(what), "vpgs[%u].wire%s", i,
                     config->vpgs[i].wires & (config->vpgs[i].wires - 1) ? "s" : "");
            const char *found = wire < view->wire_count ? view->region->wires[wire] : NULL;
            if (check_name(failure, what, config->dataplane.wires[wire].name, found) < 0)
                return -1;
        }
    for (unsigned int i = 0; i < config->dataplane.address_count; i++) {
        unsigned int port = config->dataplane.addresses[i].port;
        snprintf(what, sizeof(what), "dataplane.ports[%u].addresses", port);
        const char *found = port < view->port_count ? view->region->ports[port].name : NULL;
        if (check_name(failure, what, config->dataplane.ports[port].name, found) < 0)
            return -1;
    }
    return 0;
}
