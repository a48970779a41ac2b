// SPDX-License-Identifier: BSD-3-Clause
#include "status_gates.h"

#include "counters_view.h"
#include "text.h"

// Counters of all workers, added up: structs of `size` bytes that have nothing else in them.
static void
add_up(void *total, const void *counters, size_t size) {
    uint64_t *to = total;
    const uint64_t *from = counters;
    for (size_t i = 0; i < size / sizeof(*to); i++)
        to[i] += jn_counters_load(&from[i]);
}

static const char *
next_hop_word(const struct jn_neighbours_region *region, uint16_t number) {
    enum jn_neighbour_state state =
        number < JN_MAX_NEIGHBOURS
            ? jn_neighbour_state_of(__atomic_load_n(&region->neighbours[number].state_mac, __ATOMIC_RELAXED))
            : JN_NEIGHBOUR_FREE;
    return state == JN_NEIGHBOUR_REACHABLE || state == JN_NEIGHBOUR_PROBE ? "up" : "unresolved";
}

static void
add_mirror(struct status_things *things, const struct jn_vpg *vpg, const struct jn_peer *peer, const struct jn_shm *shm,
           const struct jn_region_extent *extent) {
    const struct jn_neighbours_region *region = shm->base;
    char name[TEXT_IP_ROOM + 1];
    *put_address(name, peer->family, peer->address) = '\0';
    json_t *thing = status_thing(things, "mirror", name);
    status_set_text(thing, "vpg", vpg->id);
    status_set_text(thing, "state", peer->flags & JN_PEER_ENABLED ? "unresolved" : "disabled");
    if (vpg->vpg_idx >= extent->vpg_used || peer->peer_idx >= JN_VPG_PEERS)
        return;
    size_t mirror_idx = (size_t)vpg->vpg_idx * JN_VPG_PEERS + peer->peer_idx;
    struct jn_peer_counters total = {0};
    for (unsigned int w = 0; w < extent->workers; w++)
        add_up(&total, &region->peers[(size_t)w * JN_VPG_PEERS * extent->vpg_capacity + mirror_idx], sizeof(total));
    const uint16_t *hops =
        (const uint16_t *)((const char *)region + jn_next_hops_offset(extent->workers, extent->vpg_capacity));
    if (peer->flags & JN_PEER_ENABLED)
        status_set_text(thing, "state", next_hop_word(region, __atomic_load_n(&hops[mirror_idx], __ATOMIC_RELAXED)));
#define X(counter, text) status_count(thing, #counter, total.counter);
    JN_PEER_COUNTERS(X)
#undef X
    status_losses(things, "copy", vpg->id, name, &jn_copy_drop_list, total.drops);
}

void
status_add_mirrors(struct status_things *things, const struct jn_policy *policy, const struct jn_shm *neighbours) {
    struct jn_region_extent extent;
    char err[JN_ERR_MAX];
    if (jn_neighbours_extent(neighbours->base, neighbours->size, &extent, err) < 0)
        return;
    for (uint32_t v = 0; v < policy->vpg_count; v++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[v];
        for (uint32_t i = 0; i < vpg->peer_count; i++)
            add_mirror(things, vpg, &jn_policy_peers(policy)[vpg->peer_first + i], neighbours, &extent);
    }
}

static struct jn_gate_counters
counters_of(const struct jn_gates_region *region, const struct jn_region_extent *extent, uint16_t vpg_idx) {
    struct jn_gate_counters total = {0};
    for (unsigned int w = 0; w < extent->workers; w++) {
        const char *from = (const char *)region + jn_gate_counters_offset(w, extent->vpg_capacity);
        add_up(&total, from + vpg_idx * sizeof(total), sizeof(total));
    }
    return total;
}

static void
add_health(json_t *thing, const struct jn_gate_state *state) {
    static const char *const roles[] = {"gateway", "standby"};
    for (unsigned int i = 0; i < 2; i++)
        status_set_text(thing, roles[i], jn_list_word(&jn_health_state_list, state->health[i].state));
    status_count(thing, "target_changes", __atomic_load_n(&state->target_changes, __ATOMIC_RELAXED));
    status_now(thing, "path_mtu", state->path_mtu);
}

static void
add_gate_counters(struct status_things *things, json_t *thing, const char *vpg, const struct jn_gate_counters *total) {
    struct jn_gate_peer_counters peers = {0};
    for (unsigned int i = 0; i < JN_GATE_PEERS; i++)
        add_up(&peers, &total->peers[i], sizeof(peers));
    status_count(thing, "sent_packets", peers.sent_packets);
    status_count(thing, "sent_bytes", peers.sent_bytes);
    status_count(thing, "returned_packets", peers.returned_packets);
    status_count(thing, "returned_bytes", peers.returned_bytes);
#define X(counter, text) status_count(thing, #counter, total->counter);
    JN_GATE_COUNTERS(X)
#undef X
    status_losses(things, "gate", vpg, NULL, &jn_gate_drop_list, total->drops);
}

// A gate that is closed may have counted before.
static void
add_gate(struct status_things *things, const struct jn_vpg *vpg, const struct jn_gates_region *region,
         const struct jn_region_extent *extent) {
    json_t *thing = status_thing(things, "gate", NULL);
    status_set_text(thing, "vpg", vpg->id);
    status_set_text(thing, "state", "closed");
    if (vpg->vpg_idx >= extent->vpg_used)
        return;
    const struct jn_gate_state *state = &region->gates[vpg->vpg_idx];
    if (__atomic_load_n(&state->vni, __ATOMIC_RELAXED) != 0) {
        uint64_t target = __atomic_load_n(&state->target, __ATOMIC_RELAXED);
        status_set_text(thing, "state", jn_list_word(&jn_redirect_target_list, jn_target_kind(target)));
        add_health(thing, state);
    }
    struct jn_gate_counters total = counters_of(region, extent, vpg->vpg_idx);
    add_gate_counters(things, thing, vpg->id, &total);
}

void
status_add_gates(struct status_things *things, const struct jn_policy *policy, const struct jn_shm *gates) {
    struct jn_region_extent extent;
    char err[JN_ERR_MAX];
    if (jn_gates_extent(gates->base, gates->size, &extent, err) < 0)
        return;
    for (uint32_t v = 0; v < policy->vpg_count; v++)
        if (jn_policy_vpgs(policy)[v].gate_count > 0)
            add_gate(things, &jn_policy_vpgs(policy)[v], gates->base, &extent);
}
