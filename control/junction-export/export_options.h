// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/config.h"

struct options {
    const char *instance;
    const char *config_file; // NULL: none
    const char *node;        // NULL: as the configuration or the host has it
    bool to_stdout;          // whatever the configuration says
    bool summaries, flows;   // documents to write
    bool until_end;
};

// Exits by itself on --help, --version and errors.
void options_parse(struct options *options, int argc, char **argv);
