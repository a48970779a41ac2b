// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/config.h"

// Load and print every mistake and warning on standard error. NULL when there is any mistake.
struct jn_config *launcher_load(const char *path);
void launcher_print_mistakes(const struct jn_mistakes *mistakes);
