// SPDX-License-Identifier: BSD-3-Clause
// From a policy's peers to what the workers need to reach them: route, next hop, outer header. Main thread only.
#pragma once

#include "policy/adjacency_context.h"
#include "policy/ruleset.h"

// Fill rules->mirror, rules->network and rules->sources. Next hops get a neighbour of the region, or keep the one they
// have. A peer without a route, or for whom there is no neighbour left, has no entry, and the log says why. 0, or -ENOMEM.
int jn_adjacency_build(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions,
                       const struct jn_adjacency_ports *ports, uint64_t now_ns);

// All workers use these rules: free the next hops and gates that they do not need.
void jn_adjacency_release(const struct jn_ruleset *rules, const struct jn_adjacency_regions *regions);
