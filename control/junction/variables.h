// SPDX-License-Identifier: BSD-3-Clause
// Variables of the environment that hold secrets of the configuration: taken out of ours, which our children would inherit
// and /proc shows, and given to the exporter alone.
#pragma once

#include "config/config.h"

enum { VARIABLES_MAX = 64 };

struct variables {
    char *name[VARIABLES_MAX], *value[VARIABLES_MAX];
    size_t count;
};

// Those that the configuration names; of one taken earlier, the value of then stays. With any of them this process leaves no
// core dump. What there is no room for is logged, and stays where it is.
void variables_take(struct variables *variables, struct jn_config *config);

// Into the environment again: of a child that is about to be another program.
void variables_give(const struct variables *variables);

void variables_forget(struct variables *variables);
