// SPDX-License-Identifier: BSD-3-Clause
#include "launcher_load.h"

#include <stdio.h>

#include "config/config_load.h"

void
launcher_print_mistakes(const struct jn_mistakes *mistakes) {
    for (size_t i = 0; i < mistakes->count; i++)
        fprintf(stderr, "%s\n", mistakes->text[i]);
    for (size_t i = 0; i < mistakes->warning_count; i++)
        fprintf(stderr, "warning: %s\n", mistakes->warning[i]);
}

struct jn_config *
launcher_load(const char *path) {
    struct jn_mistakes mistakes = {0};
    struct jn_config *config = jn_config_load(path, &mistakes);
    launcher_print_mistakes(&mistakes);
    jn_mistakes_free(&mistakes);
    return config;
}
