// SPDX-License-Identifier: BSD-3-Clause
// Each VPG's slot, and each peer's place in it: where their counters are, and what flows carry. A slot that changed
// hands at once would lend the new VPG the old one's flows, and a place the new peer the old one's copies, so what was
// just freed comes last.
#include "config/config_slot.h"

#include <string.h>

#include "config/config_reader.h"

enum slot_state { FREE, JUST_FREED, TAKEN };

static const struct jn_vpg *
find_vpg(const struct jn_policy *policy, const char *id) {
    for (uint32_t i = 0; policy != NULL && i < policy->vpg_count; i++)
        if (strcmp(jn_policy_vpgs(policy)[i].id, id) == 0)
            return &jn_policy_vpgs(policy)[i];
    return NULL;
}

static uint16_t
take_first(enum slot_state *states, uint16_t count, enum slot_state wanted) {
    for (uint16_t slot = 0; slot < count; slot++) {
        if (states[slot] != wanted)
            continue;
        states[slot] = TAKEN;
        return slot;
    }
    return count;
}

void
jn_config_give_slots(const struct jn_config *config, const struct jn_policy *previous, uint16_t slots[JN_MAX_VPGS]) {
    enum slot_state states[JN_MAX_VPGS] = {FREE};
    uint16_t room = (uint16_t)config->dataplane.max_vpgs;
    for (uint32_t i = 0; previous != NULL && i < previous->vpg_count; i++)
        states[jn_policy_vpgs(previous)[i].slot] = JUST_FREED;
    for (unsigned int i = 0; i < config->vpg_count; i++) {
        const struct jn_vpg *before = find_vpg(previous, config->vpgs[i].id);
        slots[i] = before == NULL || before->slot >= room ? room : before->slot;
        if (slots[i] != room)
            states[slots[i]] = TAKEN;
    }
    for (unsigned int i = 0; i < config->vpg_count; i++) {
        if (slots[i] == room)
            slots[i] = take_first(states, room, FREE);
        if (slots[i] == room)
            slots[i] = take_first(states, room, JUST_FREED);
    }
}

// What has a place: by address.
struct placed {
    const uint8_t *address;
    uint8_t family, place;
};

struct places {
    struct placed of[JN_GATE_PEERS]; // as many as any kind of peer
    unsigned int count;
};

static uint8_t
place_before(const struct places *before, const struct placed *wanted) {
    for (unsigned int i = 0; i < before->count; i++)
        if (before->of[i].family == wanted->family && memcmp(before->of[i].address, wanted->address, 16) == 0)
            return before->of[i].place;
    return JN_NO_PLACE;
}

// room: so many places are there.
static void
give(const struct places *before, const struct places *now, uint16_t room, uint8_t *places) {
    enum slot_state states[JN_GATE_PEERS] = {FREE};
    for (unsigned int i = 0; i < before->count; i++)
        states[before->of[i].place] = JUST_FREED;
    for (unsigned int i = 0; i < now->count; i++) {
        places[i] = place_before(before, &now->of[i]);
        if (places[i] != JN_NO_PLACE)
            states[places[i]] = TAKEN;
    }
    for (unsigned int i = 0; i < now->count; i++) {
        if (places[i] != JN_NO_PLACE)
            continue;
        uint16_t place = take_first(states, room, FREE);
        places[i] = (uint8_t)(place < room ? place : take_first(states, room, JUST_FREED));
    }
}

void
jn_config_give_places(const struct jn_config_vpg *vpg, const struct jn_policy *previous, uint8_t places[JN_VPG_PEERS]) {
    const struct jn_vpg *former = find_vpg(previous, vpg->id);
    struct places before = {.count = former == NULL ? 0 : former->peer_count}, now = {.count = vpg->peer_count};
    for (unsigned int i = 0; i < before.count; i++) {
        const struct jn_peer *peer = &jn_policy_peers(previous)[former->peer_first + i];
        before.of[i] = (struct placed){peer->address, peer->family, peer->place};
    }
    for (unsigned int i = 0; i < now.count; i++)
        now.of[i] = (struct placed){.address = vpg->peers[i].peer.address, .family = vpg->peers[i].peer.family};
    give(&before, &now, JN_VPG_PEERS, places);
}

void
jn_config_give_gate_places(const struct jn_config_vpg *vpg, const struct jn_policy *previous,
                           uint8_t places[JN_GATE_PEERS]) {
    const struct jn_vpg *former = find_vpg(previous, vpg->id);
    const struct jn_config_gate *gate = &vpg->gate;
    struct places before = {.count = former == NULL ? 0 : former->gate_peer_count}, now = {.count = gate->peer_count};
    for (unsigned int i = 0; i < before.count; i++) {
        const struct jn_gate_peer *peer = &jn_policy_gate_peers(previous)[former->gate_peer_first + i];
        before.of[i] = (struct placed){peer->outer, peer->outer_family, peer->place};
    }
    for (unsigned int i = 0; i < now.count; i++)
        now.of[i] = (struct placed){.address = gate->peers[i].peer.outer, .family = gate->peers[i].peer.outer_family};
    give(&before, &now, JN_GATE_PEERS, places);
}
