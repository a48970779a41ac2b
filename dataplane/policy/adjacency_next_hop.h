// SPDX-License-Identifier: BSD-3-Clause
// The next hop of a peer.
#pragma once

#include "policy/adjacency_context.h"
#include "policy/ruleset.h"

struct jn_underlay_path;

// The path to an outer address, its next hop opened. Returns the neighbour's index, or -1 (logged).
int jn_adjacency_next_hop(struct jn_ruleset *rules, struct jn_neighbours_region *region,
                          const struct jn_adjacency_ports *ports, const struct jn_vpg *vpg, const uint8_t address[16],
                          uint8_t family, struct jn_underlay_path *path);
