// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/config.h"
#include "process.h"

// X(subcommand, function, usage, what it does)
#define SUBCOMMANDS(X)                                                                                                 \
    X("run", launcher_run, "-c FILE [--instance NAME]",                                                                \
      "Run junction-dataplane, junction-control and junction-export together.")                                        \
    X("check", launcher_check, "-c FILE", "Is the configuration file right? Prints every mistake.")                    \
    X("replay", launcher_replay,                                                                                       \
      "FILE.pcap [-c FILE] [--device-subnet PREFIX]... [--interval SECONDS]\n"                                         \
      "                       [--documents summary,flow] [--write-network FILE]\n"                                     \
      "                       [--write-access FILE] [--write-tunnel FILE]\n"                                           \
      "                       [--reflect-gateway]",                                                                    \
      "Run the whole pipeline over a capture, in the capture's own time.")

#define X(word, function, usage, text) int function(int argc, char **argv);
SUBCOMMANDS(X)
#undef X

// Print the usage of the subcommand on standard error: 2.
int launcher_usage(const char *word);

// Load and print every mistake and warning on standard error. NULL when there is any mistake.
struct jn_config *launcher_load(const char *path);
void launcher_print_mistakes(const struct jn_mistakes *mistakes);

// The command lines.
void dataplane_arguments(struct arguments *arguments, const struct jn_config *config, const char *instance);

// Reads documents, one a line, until the end; then prints one screen about them. False when there was no summary.
bool replay_table(int input, const char *capture);
