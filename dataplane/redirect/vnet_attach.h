// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/worker.h"

struct jn_ruleset;

// The networks of rules that come into force: one that is another VPG's, and a peer with another outer address, start with
// counters at zero.
void jn_vnet_attach(struct jn_worker *worker, const struct jn_ruleset *next);
