// SPDX-License-Identifier: BSD-3-Clause
// The engine of one virtual L2 network: opened, closed, and as time passes. gate_types.h says what it is.
#pragma once

#include "gate/gate_types.h"

// Main thread, with every policy that has the gate, before any worker uses it. Numbers the policy and changes nothing
// else: the one before is still at work, and this one may never be in force.
void jn_gate_open(struct jn_gate_engine *engine);

// Take a policy that has not been in use yet into use, as all that follows here does first: named hosts that it has are
// opened (INCOMPLETE), those that it has no longer, or under another address, are closed; all that was known of the rest
// stays. With another VNI or VPG everything starts anew.
void jn_gate_apply(const struct jn_gate_engine *engine);

// Main thread, once no worker uses it: the VPG has no gate any more.
void jn_gate_close(struct jn_gate_state *state);

// May this one do anything now, with its policy in use? Then it must leave again.
bool jn_gate_enter(const struct jn_gate_engine *engine);
void jn_gate_leave(const struct jn_gate_engine *engine);

// Is there anything to do for jn_gate_run_timers?
static inline bool
jn_gate_is_due(const struct jn_gate_engine *engine, uint64_t now_ns) {
    const struct jn_gate_state *state = engine->state;
    uint64_t due_ns = __atomic_load_n(&state->due_ns, __ATOMIC_RELAXED);
    return __atomic_load_n(&state->applied, __ATOMIC_RELAXED) != engine->edition ||
           due_ns - now_ns - 1 >= JN_GATE_REST_MAX_NS;
}

// Let time pass: probes, requests for hosts, ageing, and the redirect target. At most one frame a call; called every round,
// costs two comparisons while nothing is due. Returns true when a frame is to be sent.
bool jn_gate_run_timers(const struct jn_gate_engine *engine, uint64_t now_ns, struct jn_gate_send *send);

// A device wants to reach that host, which no one has asked for yet, or which was not known when asked last: ask.
// Any worker may find it so; only the owner calls. No entry is made for what is outside the gate's subnets.
void jn_gate_resolve(const struct jn_gate_engine *engine, uint8_t family, const uint8_t address[16], uint64_t now_ns);
