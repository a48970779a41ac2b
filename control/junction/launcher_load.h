// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/config.h"

// Load and print every error and warning on standard error. NULL when there is any error.
struct jn_config *launcher_load(const char *path);
void launcher_print_errors(const struct jn_config_errors *errors);
