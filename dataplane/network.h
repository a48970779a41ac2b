// SPDX-License-Identifier: BSD-3-Clause
// A VPG's virtual L2 network as the workers see it: made by the main thread with the ruleset, only read by them; what
// changes under way is in the gates region.
#pragma once

#include "gate_engine.h"
#include "vxlan.h"

struct jn_ruleset;

// The way to one peer of the network.
struct jn_network_link {
    struct jn_vxlan vxlan;
    const struct jn_gate_peer *peer;
    const struct jn_neighbour *next_hop; // its link word changes under us
    uint16_t port;                       // tunnel port
    uint16_t mtu;                        // bytes of the longest inner IP packet that goes whole
};

struct jn_network {
    struct jn_vxlan_network arrivals; // what is expected of them
    struct jn_gate_engine engine;
    struct jn_network_link *link[JN_GATE_PEERS]; // by place; NULL: none there, or no route
    const struct jn_vpg *vpg;
    uint16_t slot;
    uint16_t owner_port;                // the worker that owns its underlay runs the engine
    uint16_t access_port, network_port; // of the VPG's wire
    uint16_t sources;                   // bit mask of places whose IP packets are let in
    bool redirects;
};

// Who sends from an outer address with a VNI.
struct jn_network_source {
    struct jn_network *network; // NULL: free place
    uint32_t hash;
    uint8_t place;
};

// All of them, for one look at an arrival. Open addressing; at most half full.
struct jn_network_sources {
    uint32_t mask;
    struct jn_network_source at[];
};

static inline uint32_t
jn_network_hash(const uint8_t *outer, uint8_t family) {
    uint64_t a[2] = {0};
    memcpy(a, outer, family == 4 ? 4 : 16);
    return (uint32_t)((a[0] ^ a[1] * UINT64_C(0x9e3779b97f4a7c15) ^ family) * UINT64_C(0xd6e8feb86659fd93) >> 32);
}

// The source with that outer address: of the network with that VNI if there is one, else of any (which then refuses what
// came). NULL: nobody's.
const struct jn_network_source *jn_network_find(const struct jn_network_sources *sources, const uint8_t *outer,
                                                uint8_t family, uint32_t vni);

// Is the address in one of the network's own subnets?
bool jn_network_is_near(const struct jn_network *network, const uint8_t address[16], bool v6);
bool jn_network_is_own(const struct jn_network *network, const uint8_t address[16], bool v6);

// Is that outer address one of its peers'?
bool jn_network_has_peer(const struct jn_network *network, const uint8_t *outer, uint8_t family);

void jn_network_free(struct jn_network *network);
