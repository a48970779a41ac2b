// SPDX-License-Identifier: BSD-3-Clause
#include "launcher_load.h"

#include <stdio.h>

#include "config/config_load.h"

void
launcher_print_errors(const struct jn_config_errors *errors) {
    for (size_t i = 0; i < errors->count; i++)
        fprintf(stderr, "%s\n", errors->text[i]);
    for (size_t i = 0; i < errors->warning_count; i++)
        fprintf(stderr, "warning: %s\n", errors->warning[i]);
}

struct jn_config *
launcher_load(const char *path) {
    struct jn_config_errors errors = {0};
    struct jn_config *config = jn_config_load(path, &errors);
    launcher_print_errors(&errors);
    jn_config_errors_free(&errors);
    return config;
}
