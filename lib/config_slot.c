// SPDX-License-Identifier: BSD-3-Clause
// Each VPG's slot: where its counters are, and what its flows carry. A slot that changed hands at once would lend the
// new VPG the old one's flows, so what was just freed comes last.
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
take_first(enum slot_state states[JN_MAX_VPGS], enum slot_state wanted) {
    for (uint16_t slot = 0; slot < JN_MAX_VPGS; slot++) {
        if (states[slot] != wanted)
            continue;
        states[slot] = TAKEN;
        return slot;
    }
    return JN_MAX_VPGS;
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
            slots[i] = take_first(states, FREE);
        if (slots[i] == JN_MAX_VPGS)
            slots[i] = take_first(states, JUST_FREED);
    }
}
