// SPDX-License-Identifier: BSD-3-Clause
// The hosts of a virtual network: entries, by address. Written by the owner of the gate alone.
#pragma once

#include "gate/gate_types.h"

// The redirect target of a host, or 0 when it is not known. Any worker.
uint64_t jn_gate_host_target(const struct jn_gate_state *state, uint8_t family, const uint8_t address[16]);

// An entry for that address, INCOMPLETE unless it is there already; and let go of.
void jn_gate_host_open(struct jn_gate_state *state, unsigned int host_idx, uint8_t family, const uint8_t *address);
void jn_gate_host_close(struct jn_gate_state *state, unsigned int host_idx);

// Found by address, NULL: unknown.
struct jn_gate_host *jn_gate_host_find(struct jn_gate_state *state, uint8_t family, const uint8_t *address);

// May a host with this address be learned? It must be in the gate's subnets, and be neither our own, a device's nor a
// named peer's.
bool jn_gate_learnable(const struct jn_gate_engine *engine, uint8_t family, const uint8_t *address);

// May peer `peer_idx` hold an address that the policy gives to peer `owner`? Only the owner may, and the standby the
// gateway's.
bool jn_gate_may_hold(const struct jn_gate_engine *engine, unsigned int owner, unsigned int peer_idx);

// An entry for an address that is learned from that peer. If none is free, another one is evicted.
struct jn_gate_host *jn_gate_host_take(const struct jn_gate_engine *engine, uint8_t family, const uint8_t *address,
                                       unsigned int peer_idx);

// What was heard of a host.
void jn_gate_host_learn(struct jn_gate_host *host, const struct jn_neighbour *said, unsigned int peer_idx,
                        uint64_t now_ns);

// The host is unresolved from now on: a named one becomes INCOMPLETE, any other is removed.
void jn_gate_host_unresolve(struct jn_gate_state *state, struct jn_gate_host *host);

// Request it: by unicast from the peer that has it, else from all of `peer_bits`.
void jn_gate_host_ask(const struct jn_gate_engine *engine, struct jn_gate_host *host, uint16_t peer_bits,
                      uint64_t now_ns, struct jn_gate_send *send);

// Age a host. Request it if that is due and `send` is still empty. Returns when it is due next.
uint64_t jn_gate_host_run_timers(const struct jn_gate_engine *engine, unsigned int host_idx, uint64_t now_ns,
                                 struct jn_gate_send *send);

// A device wants to reach that host: ask for it. No entry is made for what is outside the gate's subnets.
void jn_gate_host_resolve(const struct jn_gate_engine *engine, uint8_t family, const uint8_t *address, uint64_t now_ns);
