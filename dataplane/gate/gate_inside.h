// SPDX-License-Identifier: BSD-3-Clause
// Inside the engine of a virtual network: the gateway and its standby, hosts and their links.
#pragma once

#include "gate/gate_engine.h"
#include "underlay/underlay_frame.h"

#define GATE_SECOND UINT64_C(1000000000)
#define GATE_NEVER  UINT64_MAX

enum gate_role { GATE_GATEWAY, GATE_STANDBY, GATE_ROLES }; // as in jn_gate_state's health

// gate_engine.c. May this one do anything now, with its policy in use? Then it must leave again.
bool jn_gate_enter(const struct jn_gate_engine *engine);
void jn_gate_leave(const struct jn_gate_engine *engine);

// gate_hosts.c. An entry for that address, INCOMPLETE unless it is there already; and let go of.
void jn_gate_host_open(struct jn_gate_state *state, unsigned int number, uint8_t family, const uint8_t *address);
void jn_gate_host_close(struct jn_gate_state *state, unsigned int number);
// Found by address, NULL: unknown.
struct jn_gate_host *jn_gate_host_find(struct jn_gate_state *state, uint8_t family, const uint8_t *address);
// May a host of this address be learned? One of the subnets that is neither ours, nor a device, nor a peer by name.
bool jn_gate_learnable(const struct jn_gate_engine *engine, uint8_t family, const uint8_t *address);
// May what belongs to `owner` by name be at `place`? Nowhere else but there, but for the gateway's: at the standby too.
bool jn_gate_may_hold(const struct jn_gate_engine *engine, unsigned int owner, unsigned int place);
// An entry for an address that is to be learned from the peer at `place`. If need be another one is let go of.
struct jn_gate_host *jn_gate_host_take(const struct jn_gate_engine *engine, uint8_t family, const uint8_t *address,
                                       unsigned int place);
// What was heard of a host.
void jn_gate_host_learn(struct jn_gate_host *host, const struct jn_neighbour *said, unsigned int place,
                        uint64_t now_ns);
// It is no longer known where the host is: a named one becomes INCOMPLETE, any other is forgotten.
void jn_gate_host_lose(struct jn_gate_state *state, struct jn_gate_host *host);
// Ask for it: by unicast where it is known to be, else at all of `places`.
void jn_gate_host_ask(const struct jn_gate_engine *engine, struct jn_gate_host *host, uint16_t places, uint64_t now_ns,
                      struct jn_gate_send *send);
// Age a host, ask for it if that is due and nothing else is being sent. When it is due next.
uint64_t jn_gate_host_pass(const struct jn_gate_engine *engine, unsigned int number, uint64_t now_ns,
                           struct jn_gate_send *send);

// gate_health.c. Is the health that of the peer which the policy has in that role?
bool jn_gate_health_current(const struct jn_gate_engine *engine, enum gate_role role);
// As jn_gate_host_pass.
uint64_t jn_gate_health_pass(const struct jn_gate_engine *engine, enum gate_role role, uint64_t now_ns,
                             struct jn_gate_send *send);
// Heard of that address: an answer to us (confirmed), or an announcement, after which it may be elsewhere (moved).
void jn_gate_health_heard(const struct jn_gate_engine *engine, enum gate_role role, bool confirmed, bool moved,
                          uint64_t now_ns);
// The gateway's address wants to move: not too often.
bool jn_gate_move(struct jn_gate_state *state, uint64_t now_ns);
// What follows from health and hosts for redirected packets.
void jn_gate_publish_way(const struct jn_gate_engine *engine, uint64_t now_ns);

static inline uint64_t
gate_link(const struct jn_gate_host *host) {
    return __atomic_load_n(&host->neighbour.link, __ATOMIC_ACQUIRE);
}

static inline void
gate_set_link(struct jn_gate_host *host, uint64_t link) {
    __atomic_store_n(&host->neighbour.link, link, __ATOMIC_RELEASE);
}

static inline bool
gate_known(uint64_t link) {
    return jn_link_state(link) == JN_NEIGHBOUR_REACHABLE || jn_link_state(link) == JN_NEIGHBOUR_PROBE;
}

static inline void
gate_set(uint64_t *field, uint64_t value) {
    __atomic_store_n(field, value, __ATOMIC_RELAXED);
}

// Own address of that family; length 0: none.
static inline struct jn_underlay_address
gate_own(const struct jn_gate *gate, uint8_t family) {
    struct jn_prefix prefix = jn_gate_own(gate, family);
    struct jn_underlay_address own = {.family = family, .length = prefix.length, .vlan = JN_ANY_VLAN};
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

// The peer in that role; JN_NO_PLACE: there is none.
static inline unsigned int
gate_role_place(const struct jn_gate_engine *engine, enum gate_role role) {
    const struct jn_gate *gate = engine->gate;
    unsigned int place = role == GATE_GATEWAY ? gate->gateway : gate->standby;
    bool there = (gate->flags & JN_GATE_REDIRECT) && place < JN_GATE_PEERS && engine->peers[place] != NULL;
    return there ? place : JN_NO_PLACE;
}

static inline uint8_t
gate_role_family(const struct jn_gate *gate, enum gate_role role) {
    return role == GATE_GATEWAY ? gate->gateway_family : gate->standby_family;
}

// The host whose address is asked for its health; NULL: none.
static inline struct jn_gate_host *
gate_role_host(const struct jn_gate_engine *engine, enum gate_role role) {
    unsigned int place = gate_role_place(engine, role);
    return place == JN_NO_PLACE
               ? NULL
               : &engine->state->hosts[jn_gate_named_host(place, gate_role_family(engine->gate, role))];
}

// GATE_ROLES: it has none.
static inline enum gate_role
gate_host_role(const struct jn_gate_engine *engine, const struct jn_gate_host *host) {
    enum gate_role role = GATE_GATEWAY;
    while (role < GATE_ROLES && (host == NULL || gate_role_host(engine, role) != host))
        role++;
    return role;
}
