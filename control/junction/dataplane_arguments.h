// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/config.h"
#include "process.h"

// The command line of the dataplane.
void dataplane_arguments(struct arguments *arguments, const struct jn_config *config, const char *instance);
