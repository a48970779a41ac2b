// SPDX-License-Identifier: BSD-3-Clause
#include "policy/ruleset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "address.h"
#include "contract.h"
#include "gate/vnet.h"
#include "policy/rule_match.h"

enum { TAGS = 4097, NO_VPG = 0xffff };

// Named VLANs first; then a VPG without VLAN takes what is left of its wire.
static int
map_vpgs(struct jn_ruleset *rules) {
    const struct jn_vpg *vpgs = jn_policy_vpgs(rules->policy);
    for (uint32_t i = 0; i < rules->policy->vpg_count; i++) {
        const struct jn_vpg *vpg = &vpgs[i];
        uint16_t **tags = &rules->vpg_by_vlan[vpg->wire];
        rules->vpg[vpg->vpg_idx] = vpg;
        if (*tags == NULL && (*tags = malloc(TAGS * sizeof(uint16_t))) == NULL)
            return -ENOMEM;
    }
    for (unsigned int wire = 0; wire < JN_MAX_WIRES; wire++) {
        uint16_t *tags = rules->vpg_by_vlan[wire], any = NO_VPG;
        for (uint32_t i = 0; i < rules->policy->vpg_count && tags != NULL; i++)
            if (vpgs[i].wire == wire && vpgs[i].vlan_id == JN_VLAN_ID_NONE)
                any = vpgs[i].vpg_idx;
        for (unsigned int tag = 0; tag < TAGS && tags != NULL; tag++)
            tags[tag] = any;
    }
    for (uint32_t i = 0; i < rules->policy->vpg_count; i++) {
        rules->has_rules[vpgs[i].vpg_idx] = vpgs[i].rule_count > 0;
        if (vpgs[i].vlan_id != JN_VLAN_ID_NONE)
            rules->vpg_by_vlan[vpgs[i].wire][vpgs[i].vlan_id] = vpgs[i].vpg_idx;
    }
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
    if (map_vpgs(rules) == 0 && jn_rule_match_build(rules->acl, policy, err) == 0)
        return rules;
    rules->policy = NULL;
    jn_ruleset_free(rules);
    return NULL;
}

void
jn_ruleset_free(struct jn_ruleset *rules) {
    if (rules == NULL)
        return;
    jn_rule_match_free(rules->acl);
    for (unsigned int wire = 0; wire < JN_MAX_WIRES; wire++)
        free(rules->vpg_by_vlan[wire]);
    for (unsigned int mirror_idx = 0; mirror_idx < rules->vpg_idx_end * JN_VPG_PEERS; mirror_idx++)
        free(rules->mirror[mirror_idx]);
    for (unsigned int vpg_idx = 0; vpg_idx < rules->vpg_idx_end; vpg_idx++)
        jn_vnet_free(rules->vnet[vpg_idx]);
    free(rules->sources);
    free(rules->mirrors);
    free(rules->policy);
    free(rules);
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
