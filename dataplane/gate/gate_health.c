// SPDX-License-Identifier: BSD-3-Clause
// Health of gateway and standby by probes, answers and announcements. Flapping is damped: a gateway that goes down soon
// after it came up needs more answers to come up again, and an address that moves too often stays where it is.
#include "gate/gate_health.h"

#include "gate/gate_hosts.h"

static const uint64_t soon_ns = 10 * GATE_SECOND, steady_ns = 30 * GATE_SECOND;
static const uint64_t move_forgotten_ns = GATE_SECOND * 5 / 2, move_rest_ns = GATE_SECOND;
enum { MOST_ANSWERS = 50, MOST_MOVES = 4 };

bool
jn_gate_health_current(const struct jn_gate_engine *engine, enum gate_role role) {
    const struct jn_health *h = &engine->state->health[role];
    unsigned int peer_idx = gate_role_peer_idx(engine, role);
    if (peer_idx == JN_NO_PEER || h->state == JN_HEALTH_UNUSED)
        return (peer_idx == JN_NO_PEER) == (h->state == JN_HEALTH_UNUSED);
    return h->peer_idx == peer_idx && h->family == gate_role_family(engine->gate, role);
}

static void
begin_health(const struct jn_gate_engine *engine, enum gate_role role, uint64_t now_ns) {
    unsigned int peer_idx = gate_role_peer_idx(engine, role);
    engine->state->health[role] =
        (struct jn_health){.state = peer_idx == JN_NO_PEER ? JN_HEALTH_UNUSED : JN_HEALTH_DOWN,
                           .peer_idx = (uint8_t)peer_idx,
                           .family = gate_role_family(engine->gate, role),
                           .needed = engine->gate->probe_answers,
                           .since_ns = now_ns};
}

static void
become(struct jn_health *h, enum jn_health_state state, uint64_t now_ns) {
    h->state = (uint8_t)state;
    h->changes++;
    h->since_ns = now_ns;
    h->lost = h->answers = 0;
}

static void
fall(const struct jn_gate_engine *engine, struct jn_health *h, uint64_t now_ns) {
    uint32_t answers = engine->gate->probe_answers, most = answers > MOST_ANSWERS ? answers : MOST_ANSWERS;
    if (now_ns - h->since_ns < soon_ns)
        h->needed = h->needed * 2 < most ? h->needed * 2 : most;
    become(h, JN_HEALTH_DOWN, now_ns);
}

// A gateway that does not answer becomes unresolved: its replacement may have another MAC address.
static void
miss_probe(const struct jn_gate_engine *engine, enum gate_role role, uint64_t now_ns) {
    struct jn_health *h = &engine->state->health[role];
    h->lost++;
    h->answers = 0;
    if (h->lost < engine->gate->probe_lost)
        return;
    if (h->state == JN_HEALTH_UP)
        fall(engine, h, now_ns);
    jn_gate_host_unresolve(engine->state, gate_role_host(engine, role));
}

// Follow a changed policy: the role has another peer, or the peer another address (its host is then unresolved), or the
// peer that was heard last is gone.
static void
follow_policy(const struct jn_gate_engine *engine, enum gate_role role, uint64_t now_ns) {
    struct jn_health *h = &engine->state->health[role];
    struct jn_gate_host *host = gate_role_host(engine, role);
    if (host != NULL && gate_is_resolved(gate_host_state_mac(host)) &&
        !jn_gate_may_hold(engine, gate_role_peer_idx(engine, role), host->peer_idx))
        jn_gate_host_unresolve(engine->state, host);
    bool lost = h->state == JN_HEALTH_UP && host != NULL && !gate_is_resolved(gate_host_state_mac(host));
    if (lost || !jn_gate_health_current(engine, role))
        begin_health(engine, role, now_ns);
    bool steady = h->state == JN_HEALTH_UP && now_ns - h->since_ns >= steady_ns;
    if (steady || h->needed < engine->gate->probe_answers)
        h->needed = engine->gate->probe_answers;
}

uint64_t
jn_gate_health_run_timers(const struct jn_gate_engine *engine, enum gate_role role, uint64_t now_ns,
                          struct jn_gate_send *send) {
    struct jn_health *h = &engine->state->health[role];
    uint64_t interval = engine->gate->probe_ms * (GATE_SECOND / 1000);
    follow_policy(engine, role, now_ns);
    if (h->state == JN_HEALTH_UNUSED)
        return GATE_NEVER;
    if (h->asked_ns != 0 && now_ns - h->asked_ns < interval)
        return h->asked_ns + interval;
    if (send->length != 0)
        return now_ns;
    if (h->awaited)
        miss_probe(engine, role, now_ns);
    uint16_t peer_bits = (uint16_t)(1u << h->peer_idx);
    if (role == GATE_GATEWAY && gate_role_peer_idx(engine, GATE_STANDBY) != JN_NO_PEER)
        peer_bits |= (uint16_t)(1u << gate_role_peer_idx(engine, GATE_STANDBY));
    h->asked_ns = now_ns;
    h->awaited = 1;
    send->probe = true;
    jn_gate_host_ask(engine, gate_role_host(engine, role), peer_bits, now_ns, send);
    jn_count(&engine->counters->probes, 1);
    return now_ns + interval;
}

void
jn_gate_health_heard(const struct jn_gate_engine *engine, enum gate_role role, bool confirmed, bool moved,
                     uint64_t now_ns) {
    struct jn_health *h = &engine->state->health[role];
    if (!jn_gate_health_current(engine, role))
        return; // it has not been probed yet
    if (confirmed && !h->awaited)
        return; // one answer counts for each probe
    if (confirmed)
        h->answered_ns = now_ns;
    // An announcement shows that it can send, not that it hears us (RFC 4861 section 7.3.1).
    if (confirmed || moved)
        h->awaited = h->lost = 0;
    h->answers += confirmed;
    // While a gateway flaps, an announcement does not bring it up; only answers do.
    bool believed = moved || h->needed <= engine->gate->probe_answers;
    if (h->state == JN_HEALTH_DOWN && (confirmed ? h->answers >= h->needed : believed))
        become(h, JN_HEALTH_UP, now_ns);
}

bool
jn_gate_move(struct jn_gate_state *state, uint64_t now_ns) {
    uint64_t since = now_ns - state->moved_ns, forgotten = since / move_forgotten_ns;
    state->recent_moves = forgotten < state->recent_moves ? state->recent_moves - (uint32_t)forgotten : 0;
    if (state->recent_moves >= MOST_MOVES && since < move_rest_ns) {
        jn_store(&state->moves_refused, state->moves_refused + 1);
        return false;
    }
    if (state->recent_moves < MOST_MOVES)
        state->recent_moves++;
    state->moved_ns = now_ns;
    jn_store(&state->moves, state->moves + 1);
    return true;
}

// 0: the peer in that role is not usable.
static uint64_t
target_by_role(const struct jn_gate_engine *engine, enum gate_role role) {
    const struct jn_gate_host *host = gate_role_host(engine, role);
    if (host == NULL || !jn_gate_health_current(engine, role) || engine->state->health[role].state != JN_HEALTH_UP ||
        !gate_is_resolved(gate_host_state_mac(host)))
        return 0;
    uint64_t target = __atomic_load_n(&host->target, __ATOMIC_RELAXED);
    bool there = jn_gate_may_hold(engine, gate_role_peer_idx(engine, role), jn_target_peer_idx(target));
    return there && (engine->peer_mask >> jn_target_peer_idx(target) & 1) ? target : 0;
}

static uint64_t
current_target(const struct jn_gate_engine *engine) {
    const struct jn_gate *gate = engine->gate;
    if (!(gate->flags & JN_GATE_REDIRECT))
        return jn_target_make(JN_TARGET_NONE, 0, 0);
    uint64_t target = target_by_role(engine, GATE_GATEWAY);
    uint8_t otherwise = gate->on_failure;
    if (target == 0 && otherwise == JN_FAILURE_STANDBY) {
        target = target_by_role(engine, GATE_STANDBY);
        otherwise = gate->on_standby_failure;
    }
    return target != 0 ? target
                       : jn_target_make(otherwise == JN_FAILURE_DROP ? JN_TARGET_DROP : JN_TARGET_BYPASS, 0, 0);
}

void
jn_gate_publish_target(const struct jn_gate_engine *engine, uint64_t now_ns) {
    struct jn_gate_state *state = engine->state;
    uint64_t target = current_target(engine);
    if (target == state->target)
        return;
    jn_store(&state->target, target);
    jn_store(&state->changed_ns, now_ns);
    jn_store(&state->target_changes, state->target_changes + 1);
}
