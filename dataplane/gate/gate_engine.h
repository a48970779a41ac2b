// SPDX-License-Identifier: BSD-3-Clause
// The engine of one virtual L2 network: opened, closed, and as time passes. gate_types.h says what it is.
#pragma once

#include "gate/gate_types.h"

// Main thread, with every policy that has the gate, before any worker uses it. It numbers the policy and changes
// nothing else: the former policy is still in use, and this one may never come into force.
void jn_gate_open(struct jn_gate_engine *engine);

// Apply a new policy; every function below does so first. It opens the hosts that the policy names (INCOMPLETE) and
// closes those that it names no longer. What is known of the others stays. With another VNI or VPG everything starts
// anew.
void jn_gate_apply(const struct jn_gate_engine *engine);

// Main thread, once no worker uses it: the VPG has no gate any more.
void jn_gate_close(struct jn_gate_state *state);

// Enter the engine, and apply the policy if it is new. False: another worker is in it, or a newer policy is in use.
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

// Run the timers: probes, requests for hosts, ageing, redirect target. Makes at most one frame a call. Call it every
// round; it costs two comparisons while nothing is due. True if a frame is to be sent.
bool jn_gate_run_timers(const struct jn_gate_engine *engine, uint64_t now_ns, struct jn_gate_send *send);

// A device has a packet for that host, whose MAC address is unknown: request it. Any worker may find that out, and
// tells the owner by jn_resolution_request; the owner calls this. Addresses outside the gate's subnets get no entry.
void jn_gate_resolve(const struct jn_gate_engine *engine, uint8_t family, const uint8_t address[16], uint64_t now_ns);
