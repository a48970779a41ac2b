// SPDX-License-Identifier: BSD-3-Clause
// From a policy's peers to what the workers need to reach them: route, next hop, outer header. Main thread only.
#pragma once

#include "gate.h"
#include "neighbour.h"
#include "policy/ruleset.h"
#include "tunnel/encap.h"

struct jn_stations;
struct jn_underlay_path;

// One enabled mirroring peer with a route. Main thread makes it, with the ruleset; workers read it.
struct jn_mirror_peer {
    struct jn_encap encap;
    const struct jn_peer *peer;
    const struct jn_neighbour *next_hop; // its link word changes under us
    uint16_t number;                     // of counters and state
    uint16_t port;                       // tunnel port
    bool sequenced;
};

// What has to be known of the ports, by number, and of the wires.
struct jn_adjacency_ports {
    uint8_t mac[JN_MAX_PORTS][6];
    uint16_t mtu[JN_MAX_PORTS]; // of the underlay: bytes of an IP packet
    unsigned int count;
    uint16_t access[JN_MAX_WIRES], network[JN_MAX_WIRES]; // port numbers
    bool dealt_by_nic[JN_MAX_WIRES];
};

// Where state lives that outlasts a policy.
struct jn_adjacency_regions {
    struct jn_neighbours_region *neighbours;
    struct jn_gates_region *gates;
    struct jn_stations *stations;
    const struct jn_ruleset *former; // in force until now, or NULL
};

// Fill rules->mirror, rules->network and rules->sources. Next hops get a neighbour of the region, or keep the one they
// have. A peer without a route, or for whom there is no neighbour left, has no entry, and the log says why. 0, or -ENOMEM.
int jn_adjacency_build(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions,
                       const struct jn_adjacency_ports *ports, uint64_t now_ns);

// Every worker has these rules: next hops and gates that none of them needs are given back.
void jn_adjacency_settle(const struct jn_ruleset *rules, const struct jn_adjacency_regions *regions);

// Of the above: the networks alone.
int jn_adjacency_networks(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions,
                          const struct jn_adjacency_ports *ports, uint64_t now_ns);

// The way to an outer address, its next hop opened: number of the neighbour, or -1 when there is none, and the log says so.
int jn_adjacency_next_hop(struct jn_ruleset *rules, struct jn_neighbours_region *region,
                          const struct jn_adjacency_ports *ports, const struct jn_vpg *vpg, const uint8_t address[16],
                          uint8_t family, struct jn_underlay_path *path);
