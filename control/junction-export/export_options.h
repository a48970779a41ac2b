// SPDX-License-Identifier: BSD-3-Clause
// What junction-export is told on its command line.
#pragma once

#include <stdbool.h>

struct export_options {
    const char *instance;
    const char *config_file; // NULL: none
    const char *node;        // NULL: as the configuration or the host has it
    bool to_stdout;          // whatever the configuration says
    bool summaries, flows;   // documents to write
    bool status, chosen;     // the same; chosen: by --documents, not by default
    bool lean;               // flow documents, whatever the configuration says
    bool until_end;
    bool check; // the configuration alone
};

// Exits by itself on --help, --version and errors.
void export_options_parse(struct export_options *options, int argc, char **argv);
