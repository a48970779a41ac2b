// SPDX-License-Identifier: BSD-3-Clause
// Whether the gateway and its standby are there, and what follows for redirected packets.
#pragma once

#include "gate/gate_inside.h"

// Is the health that of the peer which the policy has in that role?
bool jn_gate_health_current(const struct jn_gate_engine *engine, enum gate_role role);

// Probe it if that is due and nothing else is being sent. When it is due next.
uint64_t jn_gate_health_run_timers(const struct jn_gate_engine *engine, enum gate_role role, uint64_t now_ns,
                                   struct jn_gate_send *send);

// Heard of that address: an answer to us (confirmed), or an announcement, after which it may be elsewhere (moved).
void jn_gate_health_heard(const struct jn_gate_engine *engine, enum gate_role role, bool confirmed, bool moved,
                          uint64_t now_ns);

// The gateway's address wants to move: not too often.
bool jn_gate_move(struct jn_gate_state *state, uint64_t now_ns);

// What follows from health and hosts for redirected packets.
void jn_gate_publish_target(const struct jn_gate_engine *engine, uint64_t now_ns);
