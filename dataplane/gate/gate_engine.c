// SPDX-License-Identifier: BSD-3-Clause
#include "gate/gate_engine.h"

#include "contract.h"
#include "gate/gate_health.h"
#include "gate/gate_hosts.h"
#include "gate/gate_inside.h"

void
jn_gate_open(struct jn_gate_engine *engine) {
    jn_require(engine->gate != NULL && engine->state != NULL);
    jn_store(&engine->state->tag_seed, engine->tag_seed);
    engine->edition = engine->state->edition + 1;
    jn_store(&engine->state->edition, engine->edition);
}

// Another virtual network: nothing that is known holds there.
static void
begin_anew(struct jn_gate_state *state) {
    for (unsigned int i = 0; i < JN_GATE_HOSTS; i++)
        jn_gate_host_close(state, i);
    memset(state->health, 0, sizeof(state->health));
    state->moves = state->moves_refused = state->recent_moves = state->target_changes = 0;
    jn_store(&state->target, jn_target_make(JN_TARGET_NONE, 0, 0));
}

static void
take_policy(const struct jn_gate_engine *engine) {
    struct jn_gate_state *state = engine->state;
    // The first finds nothing that is known; what a replay takes for granted stays.
    if (state->applied != 0 && (state->vni != engine->gate->vni || state->identity != engine->identity))
        begin_anew(state);
    for (unsigned int i = 0; i < JN_GATE_NAMED; i++) {
        const struct jn_gate_peer *peer = engine->peers[i / 2];
        uint8_t family = jn_family(i % 2);
        if (peer != NULL && jn_gate_peer_inner(peer, family) != NULL)
            jn_gate_host_open(state, i, family, jn_gate_peer_inner(peer, family));
        else
            jn_gate_host_close(state, i);
    }
    state->identity = engine->identity;
    jn_store(&state->vni, engine->gate->vni);
    jn_store(&state->due_ns, 0);
    jn_store(&state->applied, engine->edition);
}

bool
jn_gate_enter(const struct jn_gate_engine *engine) {
    struct jn_gate_state *state = engine->state;
    if (__atomic_exchange_n(&state->busy, 1, __ATOMIC_ACQUIRE) != 0)
        return false;
    if (state->applied < engine->edition)
        take_policy(engine);
    if (state->applied == engine->edition)
        return true;
    jn_gate_leave(engine);
    return false;
}

void
jn_gate_leave(const struct jn_gate_engine *engine) {
    __atomic_store_n(&engine->state->busy, 0, __ATOMIC_RELEASE);
}

void
jn_gate_apply(const struct jn_gate_engine *engine) {
    if (jn_gate_enter(engine))
        jn_gate_leave(engine);
}

void
jn_gate_close(struct jn_gate_state *state) {
    jn_store(&state->vni, 0);
    memset(state, 0, sizeof(*state));
    memset(state->next_hop, 0xff, sizeof(state->next_hop));
}

static void
run_timers(const struct jn_gate_engine *engine, uint64_t now_ns, struct jn_gate_send *send) {
    struct jn_gate_state *state = engine->state;
    uint64_t due = now_ns + JN_GATE_REST_MAX_NS, next;
    for (enum gate_role role = GATE_GATEWAY; role < GATE_ROLES; role++) {
        next = jn_gate_health_run_timers(engine, role, now_ns, send);
        due = next < due ? next : due;
    }
    for (unsigned int i = 0; i < JN_GATE_HOSTS; i++) {
        if (gate_host_role(engine, &state->hosts[i]) != GATE_ROLES)
            continue;
        next = jn_gate_host_run_timers(engine, i, now_ns, send);
        due = next < due ? next : due;
    }
    jn_gate_publish_target(engine, now_ns);
    jn_store(&state->due_ns, due);
}

bool
jn_gate_run_timers(const struct jn_gate_engine *engine, uint64_t now_ns, struct jn_gate_send *send) {
    send->length = 0;
    send->probe = false;
    if (!jn_gate_is_due(engine, now_ns) || !jn_gate_enter(engine))
        return false;
    run_timers(engine, now_ns, send);
    jn_gate_leave(engine);
    return send->length != 0;
}

void
jn_gate_resolve(const struct jn_gate_engine *engine, uint8_t family, const uint8_t address[16], uint64_t now_ns) {
    if (!jn_gate_enter(engine))
        return;
    jn_gate_host_resolve(engine, family, address, now_ns);
    jn_gate_leave(engine);
}
