// SPDX-License-Identifier: BSD-3-Clause
// Command line options of junction-classify.
#pragma once

#include <stdint.h>

#include "instance.h"

struct classify_options {
    const char *instance;
    const char *config_file; // NULL: threads and flows stand in the options
    uint32_t threads;        // 1 to JN_CLASSIFY_THREADS
    uint32_t flows;          // held at once, all threads together
};

// Exits with a message on a wrong option, and for --help and --version.
void classify_options_parse(struct classify_options *options, int argc, char **argv);

// Threads and flows as the configuration file has them, and its log level. A child process reads it: what parses strangers'
// packets has no secret of the file in its memory. 0, or -1: errors were logged.
int classify_options_load(struct classify_options *options);
