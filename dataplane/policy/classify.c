// SPDX-License-Identifier: BSD-3-Clause
#include "policy/classify.h"

#include "gate/vnet.h"
#include "policy/rule_match.h"

static void
find_device(const struct jn_ruleset *rules, const struct jn_vpg *vpg, struct jn_flow_entry *entry) {
    uint8_t family = jn_flow_family(entry);
    uint16_t flags = entry->flags & (uint16_t) ~(JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B);
    bool initiator_b = flags & JN_FLOW_INITIATOR_B, from_network = flags & JN_FLOW_FROM_NETWORK;
    if (vpg->subnet_count == 0)
        flags |= initiator_b != from_network ? JN_FLOW_DEVICE_B : JN_FLOW_DEVICE_A;
    else
        flags |= (jn_ruleset_is_device(rules, vpg->vpg_idx, family, entry->address[0]) ? JN_FLOW_DEVICE_A : 0) |
                 (jn_ruleset_is_device(rules, vpg->vpg_idx, family, entry->address[1]) ? JN_FLOW_DEVICE_B : 0);
    jn_store(&entry->flags, flags);
}

// The device's end; of two devices, or none, the initiator's.
static int
device_end(const struct jn_flow_entry *entry) {
    bool a = entry->flags & JN_FLOW_DEVICE_A, b = entry->flags & JN_FLOW_DEVICE_B;
    return a != b ? b : (entry->flags & JN_FLOW_INITIATOR_B) != 0;
}

bool
jn_keeps_apart(const struct jn_ruleset *rules, const struct jn_vnet *vnet, uint8_t family, const uint8_t device[16],
               uint8_t peer_idx) {
    const struct jn_gate_peer *peer = vnet->engine.peers[peer_idx];
    return (vnet->engine.gate->flags & JN_GATE_PRIVACY) && peer != NULL &&
           jn_rule_device_group(rules->policy, vnet->vpg, family, device) != peer->group;
}

static uint16_t
apply_action(uint16_t verdict, uint16_t bits, uint8_t action) {
    if (action == JN_ACTION_DEFAULT)
        return verdict;
    return action == JN_ACTION_ON ? verdict | bits : verdict & (uint16_t)~bits;
}

// Two devices of different groups.
static bool
kept_apart(const struct jn_ruleset *rules, const struct jn_vnet *vnet, const struct jn_flow_entry *entry) {
    const uint16_t both = JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B;
    uint8_t family = jn_flow_family(entry);
    return (vnet->engine.gate->flags & JN_GATE_PRIVACY) && (entry->flags & both) == both &&
           jn_rule_device_group(rules->policy, vnet->vpg, family, entry->address[0]) !=
               jn_rule_device_group(rules->policy, vnet->vpg, family, entry->address[1]);
}

// Is the flow the gateway's: begun by it, or to an address in its subnet? Also if the flow was idle for long.
static bool
is_the_gateways(const struct jn_vnet *vnet, const struct jn_flow_entry *entry) {
    const struct jn_gate *gate = vnet->engine.gate;
    uint8_t family = jn_flow_family(entry);
    bool device = entry->flags & (JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B);
    return (entry->flags & JN_FLOW_RETURNED) || (!device && (jn_gate_is_near(gate, family, entry->address[0]) ||
                                                             jn_gate_is_near(gate, family, entry->address[1])));
}

// What the VPG's virtual network makes of a verdict.
static uint16_t
classify_by_vnet(const struct jn_ruleset *rules, const struct jn_vnet *vnet, const struct jn_flow_entry *entry,
                 uint16_t verdict) {
    if (kept_apart(rules, vnet, entry))
        return verdict | JN_VERDICT_PRIVACY | JN_VERDICT_DROP;
    if (vnet->redirects) {
        if (!is_the_gateways(vnet, entry))
            return verdict;
        // Only the gateway knows which device an answer is for. The translated flow of a device's flow was allowed with it,
        // so that no rule applies to it.
        bool translated = (entry->flags & JN_FLOW_RETURNED) && !(entry->flags & (JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B));
        return (translated ? verdict & (uint16_t)~JN_VERDICT_DROP : verdict) | JN_VERDICT_REDIRECT;
    }
    int device = device_end(entry);
    bool near = jn_gate_is_near(vnet->engine.gate, jn_flow_family(entry), entry->address[!device]);
    return near ? verdict | JN_VERDICT_GATE : verdict;
}

static uint16_t
classify_by_rule(const struct jn_rule *rule, uint16_t verdict) {
    if (rule == NULL)
        return verdict;
    uint16_t peers = (uint16_t)((rule->mirror_peers != 0 ? rule->mirror_peers : 3) * JN_VERDICT_MIRROR0);
    verdict = apply_action(verdict, JN_VERDICT_INSPECT, rule->inspect);
    verdict = apply_action(verdict & (rule->mirror == JN_ACTION_ON ? (uint16_t) ~(3 * JN_VERDICT_MIRROR0) : UINT16_MAX),
                           peers, rule->mirror);
    verdict = apply_action(verdict, JN_VERDICT_REDIRECT, rule->redirect);
    return rule->drop ? verdict | JN_VERDICT_DROP : verdict;
}

// A rule that looks at protocol or ports cannot tell whether it matches: the VPG says what becomes of such a flow.
static uint16_t
classify_headerless(const struct jn_vpg *vpg, const struct jn_flow_entry *entry, uint16_t verdict) {
    bool headerless = jn_flow_protocol(entry) == JN_IP_FRAGMENT;
    if (!headerless || (verdict & JN_VERDICT_DROP) || !(vpg->flags & JN_VPG_DROP_HEADERLESS))
        return verdict;
    return verdict | JN_VERDICT_HEADERLESS | JN_VERDICT_DROP;
}

struct jn_classified
jn_classify(const struct jn_ruleset *rules, struct jn_flow_entry *entry, const struct jn_application_known *known) {
    (void)known;
    const struct jn_vpg *vpg = rules->vpg[jn_flow_vpg(entry)];
    if (vpg == NULL)
        return (struct jn_classified){0, JN_RULE_DEFAULT}; // the VPG has left; its flows end by themselves
    find_device(rules, vpg, entry);
    const struct jn_vnet *vnet = rules->vnet[vpg->vpg_idx];
    const struct jn_rule *rule = rules->has_rules[vpg->vpg_idx]
                                     ? jn_rule_first_match(rules->acl, rules->policy, vpg, entry, device_end(entry))
                                     : NULL;
    uint16_t verdict = classify_by_rule(rule, vpg->defaults);
    if (vnet != NULL)
        verdict = classify_by_vnet(rules, vnet, entry, verdict);
    verdict = classify_headerless(vpg, entry, verdict);
    uint16_t place = JN_RULE_DEFAULT;
    if (rule != NULL)
        place = (uint16_t)(rule - jn_policy_rules(rules->policy) - vpg->rule_first);
    return (struct jn_classified){verdict, place};
}
