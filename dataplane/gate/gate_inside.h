// SPDX-License-Identifier: BSD-3-Clause
// Inside the engine of a virtual network: what all its files ask of the policy and of a host's link.
#pragma once

#include "gate/gate_types.h"
#include "seqlock.h"
#include "underlay/underlay_frame.h"

#define GATE_SECOND UINT64_C(1000000000)
#define GATE_NEVER  UINT64_MAX

enum gate_role { GATE_GATEWAY, GATE_STANDBY, GATE_ROLES }; // as in jn_gate_state's health

static inline uint64_t
gate_host_state_mac(const struct jn_gate_host *host) {
    return __atomic_load_n(&host->neighbour.state_mac, __ATOMIC_ACQUIRE);
}

static inline void
gate_host_set_state_mac(struct jn_gate_host *host, uint64_t state_mac) {
    __atomic_store_n(&host->neighbour.state_mac, state_mac, __ATOMIC_RELEASE);
}

static inline bool
gate_is_resolved(uint64_t state_mac) {
    return jn_neighbour_state_of(state_mac) == JN_NEIGHBOUR_REACHABLE ||
           jn_neighbour_state_of(state_mac) == JN_NEIGHBOUR_PROBE;
}

// Own address of that family; length 0: none.
static inline struct jn_underlay_address
gate_own(const struct jn_gate *gate, uint8_t family) {
    struct jn_prefix prefix = jn_gate_own(gate, family);
    struct jn_underlay_address own = {.family = family, .length = prefix.length, .vlan_id = JN_VLAN_ID_NONE};
    memcpy(own.address, prefix.address, sizeof(own.address));
    return own;
}

static inline bool
gate_is_device(const struct jn_gate_engine *engine, uint8_t family, const uint8_t *address) {
    if (jn_gate_is_near(engine->gate, family, address))
        return false; // also where the network's subnet lies in one of the devices'
    for (uint32_t i = 0; i < engine->subnet_count; i++) {
        const struct jn_prefix *subnet = &engine->subnets[i];
        if (subnet->family == family && jn_prefix_holds(subnet->address, subnet->length, address))
            return jn_address_is_host(family, address);
    }
    return false;
}

// The peer in that role; JN_NO_PEER: there is none.
static inline unsigned int
gate_role_peer_idx(const struct jn_gate_engine *engine, enum gate_role role) {
    const struct jn_gate *gate = engine->gate;
    unsigned int peer_idx = role == GATE_GATEWAY ? gate->gateway : gate->standby;
    bool there = (gate->flags & JN_GATE_REDIRECT) && peer_idx < JN_GATE_PEERS && engine->peers[peer_idx] != NULL;
    return there ? peer_idx : JN_NO_PEER;
}

static inline uint8_t
gate_role_family(const struct jn_gate *gate, enum gate_role role) {
    return role == GATE_GATEWAY ? gate->gateway_family : gate->standby_family;
}

// The host whose address is asked for its health; NULL: none.
static inline struct jn_gate_host *
gate_role_host(const struct jn_gate_engine *engine, enum gate_role role) {
    unsigned int peer_idx = gate_role_peer_idx(engine, role);
    return peer_idx == JN_NO_PEER
               ? NULL
               : &engine->state->hosts[jn_gate_named_host(peer_idx, gate_role_family(engine->gate, role))];
}

// GATE_ROLES: it has none.
static inline enum gate_role
gate_host_role(const struct jn_gate_engine *engine, const struct jn_gate_host *host) {
    enum gate_role role = GATE_GATEWAY;
    while (role < GATE_ROLES && (host == NULL || gate_role_host(engine, role) != host))
        role++;
    return role;
}
