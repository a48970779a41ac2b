// SPDX-License-Identifier: BSD-3-Clause
// The configured sinks: their spools' directories, their parts of the sinks region, their lanes.
#pragma once

#include "delivery.h"

struct export_sinks {
    const struct jn_config_sink *configs; // NULL: standard output alone
    unsigned int count;
    char directories[JN_MAX_SINKS][512]; // of each sink's spool; "": none
    struct jn_shm shm;                   // the sinks region
    struct delivery delivery;
    struct jn_sink_amount said[JN_MAX_SINKS][JN_SINK_LOSS_COUNT]; // lost when it was last said
};

// Which sinks there are. config: NULL for standard output alone.
void export_sinks_choose(struct export_sinks *sinks, const struct jn_config *config, bool to_stdout);

// Make the spools' directories, as who started us, each junction-export's. 0, or a negative errno with a sentence in err.
int export_sinks_make(struct export_sinks *sinks, const char *instance, char err[JN_ERR_MAX]);

// Open all of them, as junction-export. 0, or a negative errno with a sentence in err.
int export_sinks_open(struct export_sinks *sinks, const char *instance, const char *node, char err[JN_ERR_MAX]);

// Does any make connections?
bool export_sinks_network(const struct export_sinks *sinks);

// Say what was lost since last asked, or since they were opened; to be called once a minute.
void export_sinks_report(struct export_sinks *sinks);

// remove: nobody goes on with the counters.
void export_sinks_close(struct export_sinks *sinks, bool remove);
