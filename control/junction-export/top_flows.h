// SPDX-License-Identifier: BSD-3-Clause
// The longest lists of a summary: each VPG's flows of most bytes.
#pragma once

#include "state.h"

// The flows of most bytes of each VPG of an interval.
struct top_flows {
    uint32_t *numbers; // limit a VPG, most bytes first
    uint32_t *counts;  // by VPG
    unsigned int limit;
};

// False when memory is short; then lists are empty.
bool top_flows_find(struct top_flows *top, const struct state *state, unsigned int interval, unsigned int limit);
void top_flows_free(struct top_flows *top);
