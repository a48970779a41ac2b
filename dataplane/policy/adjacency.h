// SPDX-License-Identifier: BSD-3-Clause
// From a policy's peers to what the workers need to reach them: route, next hop, outer header. Main thread only.
#pragma once

#include "gate.h"
#include "neighbour.h"
#include "packet/keyed_hash.h"
#include "policy.h"

struct jn_ruleset;
struct jn_l2_table;

// What has to be known of the ports, by number, and of the wires.
struct jn_adjacency_ports {
    uint8_t mac[JN_MAX_PORTS][6];
    uint16_t mtu[JN_MAX_PORTS]; // of the underlay: bytes of an IP packet
    unsigned int count;
    uint16_t access[JN_MAX_WIRES], network[JN_MAX_WIRES]; // port numbers
};

// Where state lives that outlasts a policy.
struct jn_adjacency_regions {
    const struct jn_hash_key *hash_key; // of the process
    struct jn_neighbours_region *neighbours;
    struct jn_gates_region *gates;
    struct jn_l2_table *l2_table;
    uint64_t *path_mtus;                    // learned, in the neighbours region, by mirroring peer
    uint16_t *next_hops;                    // in the neighbours region, by mirroring peer
    struct jn_gate_counters *gate_counters; // in the gates region, of the first worker
    uint32_t vpg_used;                      // VPG indexes that both have memory for
    const struct jn_ruleset *former;        // in force until now, or NULL
};

// Fill rules->mirror, rules->vnet and rules->sources. Next hops get a neighbour of the region, or keep the one they
// have. A peer without a route, or for whom there is no neighbour left, has no entry, and the log says why. 0, or -ENOMEM.
int jn_adjacency_build(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions,
                       const struct jn_adjacency_ports *ports, uint64_t now_ns);

// All workers use these rules: free the next hops and gates that they do not need.
void jn_adjacency_release(const struct jn_ruleset *rules, const struct jn_adjacency_regions *regions);
