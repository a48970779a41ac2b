// SPDX-License-Identifier: BSD-3-Clause
// A VPG's virtual L2 network as the workers see it: made by the main thread with the ruleset, only read by them; what
// changes at run time is in the gates region.
#pragma once

#include "gate/gate_types.h"
#include "tunnel/vxlan_pattern.h"

struct jn_ruleset;

// The VXLAN tunnel to one peer.
struct jn_vnet_tunnel {
    struct jn_vxlan vxlan;
    struct jn_vxlan_pattern pattern; // of what comes from the peer
    const struct jn_gate_peer *peer;
    const struct jn_neighbour *next_hop; // its state and MAC change at any time
    uint64_t own[2];                     // Junction's address that it is reached from, as it stands in a packet
    uint8_t own_mac[6];
    bool tagged;      // the underlay has a VLAN tag there
    uint16_t port;    // tunnel port
    uint16_t own_mtu; // bytes of the longest inner IP packet that port and policy let go whole
    uint16_t mtu;     // the same by what was learned, too, also of the other gateway. Any worker, relaxed
    uint16_t mark;    // of the peer's address, in the word that was learned
};

static inline uint16_t
jn_vnet_tunnel_mtu(const struct jn_vnet_tunnel *tunnel) {
    return __atomic_load_n(&tunnel->mtu, __ATOMIC_RELAXED);
}

struct jn_vnet {
    struct jn_vxlan_expected expected; // what its packets must have
    struct jn_gate_engine engine;
    struct jn_vnet_tunnel *tunnel[JN_GATE_PEERS]; // by peer index; NULL: none there, or no route
    const struct jn_vpg *vpg;
    uint16_t vpg_idx;
    uint16_t owner_port; // the worker that owns its underlay runs the engine
    uint16_t sources;    // bit mask of peers whose IP packets are let in
    uint8_t first_wire;  // of the VPG
    bool several_wires;
    bool redirects;
    uint64_t refreshed_ns;                   // when the owner last looked at the path MTU
    uint64_t former_until_ns[JN_GATE_PEERS]; // by peer index: until then packets from a former gateway are still let in
};

// Who sends from an outer address with a VNI: all that is compared, in one line.
struct jn_vnet_source {
    uint64_t outer[2]; // as it stands in a packet; IPv4 in the first four bytes
    uint32_t vni;
    uint8_t family, peer_idx;
    uint8_t reserved[2];
    struct jn_vnet *vnet; // NULL: free entry
};

// All of them, for one lookup a packet. Open addressing; at most half full.
struct jn_vnet_sources {
    struct jn_hash_key key;
    uint32_t mask;
    struct jn_vnet_source at[];
};

// Of the 16 bytes of an outer address: where its sources begin.
static inline uint32_t
jn_vnet_hash(const struct jn_vnet_sources *sources, const uint64_t outer[2], uint8_t family) {
    return (uint32_t)(jn_hash_mix(outer[0] ^ sources->key.word[0], outer[1] ^ family ^ sources->key.word[1]) >> 32);
}

// The next source from *at on with that outer address (16 bytes, zeros behind an IPv4 address); *at then stands behind it.
// NULL: no more. *at begins as jn_vnet_hash() of the address.
static inline const struct jn_vnet_source *
jn_vnet_next_source(const struct jn_vnet_sources *sources, const uint64_t outer[2], uint8_t family, uint32_t *at) {
    for (;; (*at)++) {
        const struct jn_vnet_source *source = &sources->at[*at & sources->mask];
        if (source->vnet == NULL)
            return NULL;
        if (((source->outer[0] ^ outer[0]) | (source->outer[1] ^ outer[1]) | (source->family ^ family)) == 0) {
            (*at)++;
            return source;
        }
    }
}

// The source with that outer address (16 bytes, zeros behind an IPv4 address): of the network with that VNI, else of
// any, which then refuses the VNI. NULL: no peer's.
static inline const struct jn_vnet_source *
jn_vnet_find_source(const struct jn_vnet_sources *sources, const uint8_t outer[16], uint8_t family, uint32_t vni) {
    const struct jn_vnet_source *any = NULL, *source;
    uint64_t wanted[2];
    if (sources == NULL)
        return NULL;
    memcpy(wanted, outer, sizeof(wanted));
    uint32_t at = jn_vnet_hash(sources, wanted, family);
    while ((source = jn_vnet_next_source(sources, wanted, family, &at)) != NULL) {
        if (source->vni == vni)
            return source;
        any = source;
    }
    return any;
}

void jn_vnet_free(struct jn_vnet *vnet);
