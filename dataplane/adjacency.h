// SPDX-License-Identifier: BSD-3-Clause
// From a policy's peers to what the workers need to reach them: route, next hop, outer header. Main thread only.
#pragma once

#include "mirror.h"
#include "neighbour.h"
#include "ruleset.h"

// What an outer header needs to know of the ports, by number.
struct jn_adjacency_ports {
    uint8_t mac[JN_MAX_PORTS][6];
    uint16_t mtu[JN_MAX_PORTS]; // of the underlay: bytes of an IP packet
    unsigned int count;
};

// Fill rules->mirror. Next hops get a neighbour of the region, or keep the one they have. A peer without a route, or for
// whom there is no neighbour left, has no entry, and the log says why. 0, or -ENOMEM.
int jn_adjacency_build(struct jn_ruleset *rules, struct jn_neighbours_region *region,
                       const struct jn_adjacency_ports *ports);

// Every worker has these rules: next hops that none of them needs are given back.
void jn_adjacency_settle(const struct jn_ruleset *rules, struct jn_neighbours_region *region);
