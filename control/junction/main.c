// SPDX-License-Identifier: BSD-3-Clause
// junction: runs the processes together.
#include <stdio.h>
#include <string.h>

#include "launcher.h"
#include "log.h"

// Is help on a subcommand what was asked for?
static bool
wants_help(int argc, char **argv) {
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

int
main(int argc, char **argv) {
    jn_log_open("junction");
    if (argc < 2) {
        launcher_print_usage(stderr);
        return 2;
    }
    const struct subcommand *subcommand = launcher_subcommand(argv[1]);
    if (subcommand != NULL && wants_help(argc, argv))
        launcher_print_help(subcommand);
    else if (subcommand != NULL)
        return subcommand->run(argc - 1, argv + 1);
    else if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        launcher_print_usage(stdout);
    else if (strcmp(argv[1], "--version") == 0)
        puts("junction " JN_VERSION);
    else if (strcmp(argv[1], "--man") == 0)
        launcher_print_man();
    else {
        fprintf(stderr, "junction: unknown: %s\n", argv[1]);
        launcher_print_usage(stderr);
        return 2;
    }
    return 0;
}
