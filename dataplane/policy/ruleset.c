// SPDX-License-Identifier: BSD-3-Clause
#include "policy/ruleset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "contract.h"
#include "gate/vnet.h"
#include "policy/conditional.h"
#include "policy/rule_index.h"

enum { UNTAGGED = 4096, TAGS, NO_VPG = 0xffff, FEW_RULES = 8 };

static int
map_wire(struct jn_ruleset *rules, unsigned int wire) {
    const struct jn_vpg *vpgs = jn_policy_vpgs(rules->policy);
    struct jn_vlan_vpg *tags = malloc(TAGS * sizeof(*tags));
    uint16_t any = NO_VPG;
    if (tags == NULL)
        return -ENOMEM;
    rules->vpg_by_vlan[wire] = tags;
    for (uint32_t i = 0; i < rules->policy->vpg_count; i++)
        if ((vpgs[i].wires >> wire & 1) && vpgs[i].vlan_id == JN_VLAN_ID_NONE)
            any = vpgs[i].vpg_idx;
    for (unsigned int tag = 0; tag < TAGS; tag++) // a VPG without VLAN takes what the others leave of its wires
        tags[tag] = (struct jn_vlan_vpg){any, jn_vlan_flow_id((uint16_t)(tag < UNTAGGED ? tag : JN_VLAN_TCI_NONE))};
    for (uint32_t i = 0; i < rules->policy->vpg_count; i++)
        if ((vpgs[i].wires >> wire & 1) && vpgs[i].vlan_id != JN_VLAN_ID_NONE)
            tags[vpgs[i].vlan_id] = (struct jn_vlan_vpg){vpgs[i].vpg_idx, JN_FLOW_VLAN_ID_NONE};
    return 0;
}

static int
index_rules(struct jn_ruleset *rules, const struct jn_vpg *vpg) {
    struct jn_rule_index **index = &rules->index[vpg->vpg_idx];
    if (vpg->rule_count <= FEW_RULES)
        return 0;
    *index = jn_rule_index_build(jn_policy_rules(rules->policy) + vpg->rule_first, vpg->rule_count);
    return *index != NULL ? 0 : -ENOMEM;
}

static int
map_vpgs(struct jn_ruleset *rules) {
    const struct jn_vpg *vpgs = jn_policy_vpgs(rules->policy);
    uint64_t wires = 0;
    for (uint32_t i = 0; i < rules->policy->vpg_count; i++) {
        rules->vpg[vpgs[i].vpg_idx] = &vpgs[i];
        rules->has_rules[vpgs[i].vpg_idx] = vpgs[i].rule_count > 0;
        wires |= vpgs[i].wires;
        if (jn_conditional_add(rules, &vpgs[i]) < 0 || index_rules(rules, &vpgs[i]) < 0)
            return -ENOMEM;
    }
    for (; wires != 0; wires &= wires - 1)
        if (map_wire(rules, (unsigned int)__builtin_ctzll(wires)) < 0)
            return -ENOMEM;
    return 0;
}

struct jn_ruleset *
jn_ruleset_build(struct jn_policy *policy, char err[JN_ERR_MAX]) {
    struct jn_ruleset *rules = calloc(1, sizeof(*rules));
    jn_require(policy->vpg_count <= JN_MAX_VPGS);
    snprintf(err, JN_ERR_MAX, "policy: no memory");
    if (rules == NULL)
        return NULL;
    rules->policy = policy;
    rules->vpg_idx_end = jn_policy_vpg_idx_end(policy);
    rules->generation = (uint16_t)policy->generation;
    if (map_vpgs(rules) == 0)
        return rules;
    rules->policy = NULL;
    jn_ruleset_free(rules);
    return NULL;
}

void
jn_ruleset_free(struct jn_ruleset *rules) {
    if (rules == NULL)
        return;
    for (unsigned int wire = 0; wire < JN_MAX_WIRES; wire++)
        free(rules->vpg_by_vlan[wire]);
    for (unsigned int mirror_idx = 0; mirror_idx < rules->vpg_idx_end * JN_VPG_PEERS; mirror_idx++)
        free(rules->mirror[mirror_idx]);
    for (unsigned int vpg_idx = 0; vpg_idx < rules->vpg_idx_end; vpg_idx++)
        jn_vnet_free(rules->vnet[vpg_idx]);
    for (unsigned int vpg_idx = 0; vpg_idx < rules->vpg_idx_end; vpg_idx++)
        free(rules->conditional[vpg_idx]);
    for (unsigned int vpg_idx = 0; vpg_idx < rules->vpg_idx_end; vpg_idx++)
        jn_rule_index_free(rules->index[vpg_idx]);
    free(rules->sources);
    free(rules->mirrors);
    free(rules->policy);
    free(rules);
}

static bool
leaves(const struct jn_ruleset *rules, const struct jn_ruleset *former, unsigned int vpg_idx) {
    const struct jn_vpg *was = former->vpg[vpg_idx], *is = rules->vpg[vpg_idx];
    return was != NULL && (is == NULL || memcmp(was->id, is->id, sizeof(was->id)) != 0);
}

void
jn_ruleset_follow(struct jn_ruleset *rules, const struct jn_ruleset *former, bool swept) {
    if (former == NULL)
        return;
    memcpy(rules->since, former->since, sizeof(rules->since));
    memcpy(rules->former_id, former->former_id, sizeof(rules->former_id));
    for (unsigned int vpg_idx = 0; vpg_idx < JN_MAX_VPGS; vpg_idx++) {
        rules->has_former[vpg_idx] = former->has_former[vpg_idx] && !swept;
        if (!leaves(rules, former, vpg_idx))
            continue;
        rules->since[vpg_idx] = rules->generation;
        memcpy(rules->former_id[vpg_idx], former->vpg[vpg_idx]->id, sizeof(rules->former_id[vpg_idx]));
        rules->has_former[vpg_idx] = true;
        rules->departed = true;
    }
}

bool
jn_ruleset_must_wait(const struct jn_ruleset *rules, const struct jn_ruleset *former) {
    for (unsigned int vpg_idx = 0; former != NULL && vpg_idx < JN_MAX_VPGS; vpg_idx++)
        if (former->has_former[vpg_idx] && leaves(rules, former, vpg_idx))
            return true;
    return false;
}

bool
jn_ruleset_is_device(const struct jn_ruleset *rules, uint16_t vpg_idx, uint8_t family, const uint8_t address[16]) {
    const struct jn_vpg *vpg = rules->vpg[vpg_idx];
    const struct jn_vnet *vnet = rules->vnet[vpg_idx];
    if (vnet != NULL && jn_gate_is_near(vnet->engine.gate, family, address))
        return false; // the virtual network's subnet may lie in one of the devices'
    const struct jn_prefix *subnets = jn_policy_subnets(rules->policy) + vpg->subnet_first;
    for (uint32_t i = 0; i < vpg->subnet_count; i++)
        if (subnets[i].family == family && jn_prefix_holds(subnets[i].address, subnets[i].length, address))
            return true;
    return false;
}

bool
jn_ruleset_is_own(const struct jn_ruleset *rules, const struct jn_packet *packet) {
    uint8_t family = jn_packet_family(packet);
    for (uint32_t i = 0; i < rules->policy->address_count; i++) {
        const struct jn_underlay_address *own = &jn_policy_addresses(rules->policy)[i];
        if (own->family == family && (jn_address_equal(family, own->address, packet->address[0]) ||
                                      jn_address_equal(family, own->address, packet->address[1])))
            return true;
    }
    return false;
}
