// SPDX-License-Identifier: BSD-3-Clause
// Whether the gateway and its standby are there, and what follows for redirected packets.
#pragma once

#include "gate/gate_inside.h"

// Is the health that of the peer which the policy has in that role?
bool jn_gate_health_current(const struct jn_gate_engine *engine, enum gate_role role);

// Probe it if that is due and nothing else is being sent. When it is due next.
uint64_t jn_gate_health_run_timers(const struct jn_gate_engine *engine, enum gate_role role, uint64_t now_ns,
                                   struct jn_gate_send *send);

// The address was heard: in an answer to us (confirmed), or in an announcement that may have moved it (moved).
void jn_gate_health_heard(const struct jn_gate_engine *engine, enum gate_role role, bool confirmed, bool moved,
                          uint64_t now_ns);

// May the gateway's address move now? Not too often.
bool jn_gate_move(struct jn_gate_state *state, uint64_t now_ns);

// Publish the redirect target that follows from health and hosts.
void jn_gate_publish_target(const struct jn_gate_engine *engine, uint64_t now_ns);
