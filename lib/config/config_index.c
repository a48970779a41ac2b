// SPDX-License-Identifier: BSD-3-Clause
// The index of each VPG and of each peer, by which counters are found and which flows carry. An index that is reused at
// once would give the old VPG's flows to the new one, and the old peer's copies to the new one. So an index that was
// just freed is assigned last.
#include "config/config_index.h"

#include <string.h>

#include "config/config_reader.h"
#include "contract.h"

enum index_state { FREE, JUST_FREED, TAKEN };

static const struct jn_vpg *
former_vpg(const struct jn_policy *policy, const char *id) {
    for (uint32_t i = 0; policy != NULL && i < policy->vpg_count; i++)
        if (strcmp(jn_policy_vpgs(policy)[i].id, id) == 0)
            return &jn_policy_vpgs(policy)[i];
    return NULL;
}

static uint16_t
take_first(enum index_state *states, uint16_t count, enum index_state wanted) {
    for (uint16_t idx = 0; idx < count; idx++) {
        if (states[idx] != wanted)
            continue;
        states[idx] = TAKEN;
        return idx;
    }
    return count;
}

// A free one at or behind `first`, else the first.
static uint16_t
take_from(enum index_state *states, uint16_t room, uint16_t first) {
    if (first >= room)
        return take_first(states, room, FREE);
    uint16_t idx = (uint16_t)(first + take_first(states + first, (uint16_t)(room - first), FREE));
    return idx < room ? idx : take_first(states, room, FREE);
}

void
jn_config_assign_vpgs(const struct jn_config *config, const struct jn_policy *previous, uint16_t indexes[JN_MAX_VPGS]) {
    enum index_state states[JN_MAX_VPGS] = {FREE};
    uint16_t room = (uint16_t)config->dataplane.max_vpgs;
    for (uint32_t i = 0; previous != NULL && i < previous->vpg_count; i++) {
        jn_require(jn_policy_vpgs(previous)[i].vpg_idx < JN_MAX_VPGS); // one that jn_policy_validate let pass
        states[jn_policy_vpgs(previous)[i].vpg_idx] = JUST_FREED;
    }
    for (unsigned int i = 0; i < config->vpg_count; i++) {
        const struct jn_vpg *before = former_vpg(previous, config->vpgs[i].id);
        indexes[i] = before == NULL || before->vpg_idx >= room ? room : before->vpg_idx;
        if (indexes[i] != room)
            states[indexes[i]] = TAKEN;
    }
    for (unsigned int i = 0; i < config->vpg_count; i++) {
        if (indexes[i] == room)
            indexes[i] = take_from(states, room, config->vpg_idx_hint);
        if (indexes[i] == room)
            indexes[i] = take_first(states, room, JUST_FREED);
    }
}

// A peer that has an index, found by its address.
struct known_peer {
    const uint8_t *address;
    uint8_t family, peer_idx;
};

struct known_peers {
    struct known_peer of[JN_GATE_PEERS]; // as many as any kind of peer
    unsigned int count;
};

static uint8_t
peer_idx_before(const struct known_peers *before, const struct known_peer *wanted) {
    for (unsigned int i = 0; i < before->count; i++)
        if (before->of[i].family == wanted->family && memcmp(before->of[i].address, wanted->address, 16) == 0)
            return before->of[i].peer_idx;
    return JN_NO_PEER;
}

// room: how many indexes there are.
static void
give(const struct known_peers *before, const struct known_peers *now, uint16_t room, uint8_t *indexes) {
    enum index_state states[JN_GATE_PEERS] = {FREE};
    for (unsigned int i = 0; i < before->count; i++)
        states[before->of[i].peer_idx] = JUST_FREED;
    for (unsigned int i = 0; i < now->count; i++) {
        indexes[i] = peer_idx_before(before, &now->of[i]);
        if (indexes[i] != JN_NO_PEER)
            states[indexes[i]] = TAKEN;
    }
    for (unsigned int i = 0; i < now->count; i++) {
        if (indexes[i] != JN_NO_PEER)
            continue;
        uint16_t free_idx = take_first(states, room, FREE);
        indexes[i] = (uint8_t)(free_idx < room ? free_idx : take_first(states, room, JUST_FREED));
    }
}

void
jn_config_assign_peers(const struct jn_config_vpg *vpg, const struct jn_policy *previous,
                       uint8_t indexes[JN_VPG_PEERS]) {
    const struct jn_vpg *former = former_vpg(previous, vpg->id);
    struct known_peers before = {.count = former == NULL ? 0 : former->peer_count}, now = {.count = vpg->peer_count};
    for (unsigned int i = 0; i < before.count; i++) {
        const struct jn_peer *peer = &jn_policy_peers(previous)[former->peer_first + i];
        before.of[i] = (struct known_peer){peer->address, peer->family, peer->peer_idx};
    }
    for (unsigned int i = 0; i < now.count; i++)
        now.of[i] = (struct known_peer){.address = vpg->peers[i].peer.address, .family = vpg->peers[i].peer.family};
    give(&before, &now, JN_VPG_PEERS, indexes);
}

void
jn_config_assign_gate_peers(const struct jn_config_vpg *vpg, const struct jn_policy *previous,
                            uint8_t indexes[JN_GATE_PEERS]) {
    const struct jn_vpg *former = former_vpg(previous, vpg->id);
    const struct jn_config_gate *gate = &vpg->gate;
    struct known_peers before = {.count = former == NULL ? 0 : former->gate_peer_count},
                       now = {.count = gate->peer_count};
    for (unsigned int i = 0; i < before.count; i++) {
        const struct jn_gate_peer *peer = &jn_policy_gate_peers(previous)[former->gate_peer_first + i];
        before.of[i] = (struct known_peer){peer->outer, peer->outer_family, peer->peer_idx};
    }
    for (unsigned int i = 0; i < now.count; i++)
        now.of[i] =
            (struct known_peer){.address = gate->peers[i].peer.outer, .family = gate->peers[i].peer.outer_family};
    give(&before, &now, JN_GATE_PEERS, indexes);
}
