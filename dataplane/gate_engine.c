// SPDX-License-Identifier: BSD-3-Clause
// A virtual network opens, closes, and lets time pass. Opening is the main thread's, while the owner may still be at work
// with the policy before: it touches links, and what the owner makes of them is the owner's.
#include "gate_inside.h"

static const uint64_t longest_rest_ns = GATE_SECOND; // also after a clock that was set back

static void
close_host(struct jn_gate_host *host) {
    jn_neighbour_close(&host->neighbour);
    gate_set(&host->way, 0);
}

static void
open_host(struct jn_gate_host *host, uint8_t family, const uint8_t *address) {
    if (jn_link_state(gate_link(host)) != JN_NEIGHBOUR_FREE && host->neighbour.family == family &&
        same_address(family, host->neighbour.address, address))
        return;
    close_host(host);
    *host = (struct jn_gate_host){.place = JN_NO_PLACE, .neighbour = {.family = family, .vlan = JN_ANY_VLAN}};
    memcpy(host->neighbour.address, address, address_bytes(family));
    __atomic_store_n(&host->neighbour.link, (uint64_t)JN_NEIGHBOUR_INCOMPLETE << 48, __ATOMIC_RELEASE);
}

// Another virtual network: nothing that is known holds there. That the health is nobody's makes the owner begin anew.
static void
begin_anew(struct jn_gate_state *state) {
    for (unsigned int i = 0; i < JN_GATE_HOSTS; i++)
        close_host(&state->hosts[i]);
    for (unsigned int i = 0; i < GATE_ROLES; i++)
        __atomic_store_n(&state->health[i].state, (uint8_t)JN_HEALTH_UNUSED, __ATOMIC_RELAXED);
    state->moves = state->moves_refused = state->recent_moves = 0;
    gate_set(&state->way, jn_way_make(JN_WAY_NONE, 0, 0));
}

void
jn_gate_open(const struct jn_gate_engine *engine, uint64_t now_ns) {
    struct jn_gate_state *state = engine->state;
    if (state->vni != engine->gate->vni)
        begin_anew(state);
    for (unsigned int i = 0; i < JN_GATE_NAMED; i++) {
        const struct jn_gate_peer *peer = engine->peers[i / 2];
        if (peer != NULL && peer->has_inner[i % 2])
            open_host(&state->hosts[i], i % 2 == 0 ? 4 : 6, peer->inner[i % 2]);
        else
            close_host(&state->hosts[i]);
    }
    __atomic_store_n(&state->vni, engine->gate->vni, __ATOMIC_RELAXED);
    // Not to be without a way until the owner comes by for the first time.
    if (jn_way_kind(__atomic_load_n(&state->way, __ATOMIC_RELAXED)) == JN_WAY_NONE)
        jn_gate_publish_way(engine, now_ns);
    gate_set(&state->due_ns, 0);
}

void
jn_gate_close(struct jn_gate_state *state) {
    __atomic_store_n(&state->vni, 0, __ATOMIC_RELAXED);
    memset(state, 0, sizeof(*state));
    memset(state->next_hop, 0xff, sizeof(state->next_hop));
}

bool
jn_gate_tick(const struct jn_gate_engine *engine, uint64_t now_ns, struct jn_gate_send *send) {
    struct jn_gate_state *state = engine->state;
    send->length = 0;
    bool rests = __atomic_load_n(&state->due_ns, __ATOMIC_RELAXED) - now_ns - 1 < longest_rest_ns;
    if (rests && jn_gate_health_current(engine, GATE_GATEWAY) && jn_gate_health_current(engine, GATE_STANDBY))
        return false;
    uint64_t due = now_ns + longest_rest_ns, next;
    for (enum gate_role role = GATE_GATEWAY; role < GATE_ROLES; role++) {
        next = jn_gate_health_pass(engine, role, now_ns, send);
        due = next < due ? next : due;
    }
    for (unsigned int i = 0; i < JN_GATE_HOSTS; i++) {
        if (gate_host_role(engine, &state->hosts[i]) != GATE_ROLES)
            continue;
        next = jn_gate_host_pass(engine, i, now_ns, send);
        due = next < due ? next : due;
    }
    jn_gate_publish_way(engine, now_ns);
    gate_set(&state->due_ns, due);
    return send->length != 0;
}
