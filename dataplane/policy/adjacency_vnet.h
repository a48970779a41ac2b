// SPDX-License-Identifier: BSD-3-Clause
// The virtual networks of a policy, made ready for the workers.
#pragma once

#include "policy/adjacency_context.h"

// Fill rules->network and rules->sources. 0, or -ENOMEM.
int jn_adjacency_vnets(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions,
                       const struct jn_adjacency_ports *ports, uint64_t now_ns);
