// SPDX-License-Identifier: BSD-3-Clause
// Each VPG's slot, and each peer's place in it: where their counters are, and what flows carry. A slot that changed
// hands at once would lend the new VPG the old one's flows, and a place the new peer the old one's copies, so what was
// just freed comes last.
#include <string.h>

#include "config_reader.h"

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
    for (uint32_t i = 0; previous != NULL && i < previous->vpg_count; i++)
        states[jn_policy_vpgs(previous)[i].slot] = JUST_FREED;
    for (unsigned int i = 0; i < config->vpg_count; i++) {
        const struct jn_vpg *before = find_vpg(previous, config->vpgs[i].id);
        slots[i] = before == NULL ? JN_MAX_VPGS : before->slot;
        if (before != NULL)
            states[before->slot] = TAKEN;
    }
    for (unsigned int i = 0; i < config->vpg_count; i++) {
        if (slots[i] == JN_MAX_VPGS)
            slots[i] = take_first(states, JN_MAX_VPGS, FREE);
        if (slots[i] == JN_MAX_VPGS)
            slots[i] = take_first(states, JN_MAX_VPGS, JUST_FREED);
    }
}

static uint8_t
place_before(const struct jn_peer *before, uint32_t count, const struct jn_peer *peer) {
    for (uint32_t i = 0; i < count; i++)
        if (before[i].family == peer->family && memcmp(before[i].address, peer->address, sizeof(peer->address)) == 0)
            return before[i].place;
    return JN_VPG_PEERS;
}

void
jn_config_give_places(const struct jn_config_vpg *vpg, const struct jn_policy *previous, uint8_t places[JN_VPG_PEERS]) {
    enum slot_state states[JN_VPG_PEERS] = {FREE};
    const struct jn_vpg *former = find_vpg(previous, vpg->id);
    const struct jn_peer *before = former == NULL ? NULL : jn_policy_peers(previous) + former->peer_first;
    uint32_t count = former == NULL ? 0 : former->peer_count;
    for (uint32_t i = 0; i < count; i++)
        states[before[i].place] = JUST_FREED;
    for (unsigned int i = 0; i < vpg->peer_count; i++) {
        places[i] = place_before(before, count, &vpg->peers[i].peer);
        if (places[i] != JN_VPG_PEERS)
            states[places[i]] = TAKEN;
    }
    for (unsigned int i = 0; i < vpg->peer_count; i++) {
        if (places[i] == JN_VPG_PEERS)
            places[i] = (uint8_t)take_first(states, JN_VPG_PEERS, FREE);
        if (places[i] == JN_VPG_PEERS)
            places[i] = (uint8_t)take_first(states, JN_VPG_PEERS, JUST_FREED);
    }
}
