// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/worker.h"

struct jn_ruleset;

// Rules come into force: counters start at zero for a network of another VPG, and for a peer with another outer
// address.
void jn_vnet_attach(struct jn_worker *worker, const struct jn_ruleset *next);
