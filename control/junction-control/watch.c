// SPDX-License-Identifier: BSD-3-Clause
// The dataplane comes, goes, and may refuse a policy at any time: each is said once.
#include "watch.h"

#include <string.h>

#include "config/config_load.h"
#include "config/config_restart.h"

// A dataplane that came while this process was there was started with the file that is loaded.
static void
new_dataplane(struct control *control, uint64_t boot) {
    if (control->started != control->config) {
        jn_config_free(control->started);
        control->started = control->config;
    }
    control->boot = boot;
}

bool
control_restart_needed(struct control *control, char *paths, size_t size) {
    paths[0] = '\0';
    return control->started != control->config &&
           jn_config_needs_restart(control->started, control->config, paths, size);
}

void
control_watch(struct control *control) {
    struct publisher *publisher = &control->publisher;
    char text[256];
    bool known = control->boot != 0;
    if (!publisher_dataplane(publisher)) {
        if (known && !control->waiting)
            jn_log(JN_LOG_WARNING, "the dataplane is gone: waiting for junction-dataplane");
        control->waiting = true;
        return;
    }
    uint64_t boot = publisher->counters.region->header.boot;
    if (boot != control->boot)
        new_dataplane(control, boot);
    control->waiting = false;
    struct publication publication;
    publisher_look(publisher, &publication);
    if (publication.in_force && boot != control->boot_in_force) {
        control->boot_in_force = boot;
        jn_log(JN_LOG_INFO, "the dataplane runs with generation %llu", (unsigned long long)publication.generation);
    }
    if (publisher->said_refused || publisher_refusal(publisher, text, sizeof(text)) == NULL)
        return;
    publisher->said_refused = true;
    jn_log(JN_LOG_ERROR, "the dataplane refused generation %llu: %s", (unsigned long long)publication.generation, text);
}
