// SPDX-License-Identifier: BSD-3-Clause
#include <getopt.h>
#include <stdio.h>

#include "config/config_load.h"
#include "launcher.h"

int
launcher_check(int argc, char **argv) {
    const char *path = NULL;
    for (int c; (c = launcher_option(argc, argv)) != -1;) {
        if (c != 'c')
            return launcher_usage("check");
        path = optarg;
    }
    if (path == NULL || optind != argc)
        return launcher_usage("check");
    struct jn_config *config = launcher_load(path);
    if (config == NULL)
        return 1;
    printf("%s: ok\n", path);
    jn_config_free(config);
    return 0;
}
