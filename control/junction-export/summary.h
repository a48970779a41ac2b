// SPDX-License-Identifier: BSD-3-Clause
// One VPG's summary of one interval, in the format of SORACOM Junction's report (docs/documents.md,
// docs/summary.schema.json).
#pragma once

#include "state.h"
#include "text.h"
#include "top_flows.h"

// Did the VPG see anything: has it a summary?
bool summary_wanted(const struct state_vpg *vpg);

// JSON text; the caller frees it. NULL when memory is short or the sums are not sound.
char *summary_write(const struct state *state, unsigned int interval, unsigned int vpg, const struct top_flows *top,
                    const char *node);
