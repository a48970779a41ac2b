// SPDX-License-Identifier: BSD-3-Clause
// What a change of the configuration cannot bring into force while running.
#pragma once

#include "config/config.h"

// Which restart-only keys differ (node, ports, wires, cores, sizes, sink, socket): up to `size` bytes of their paths,
// separated by ", "; "" when none. Returns whether any does.
bool jn_config_needs_restart(const struct jn_config *before, const struct jn_config *after, char *paths, size_t size);
