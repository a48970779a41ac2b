// SPDX-License-Identifier: BSD-3-Clause
#include "policy/classify.h"

#include "gate/vnet.h"
#include "policy/conditional.h"
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

// A flow whose verdict is asked for.
struct subject {
    const struct jn_ruleset *rules;
    const struct jn_vpg *vpg;
    const struct jn_flow_entry *entry;
    const struct jn_application_known *known;
    struct jn_rule_flow flow;
};

static uint16_t
finish(const struct subject *s, uint16_t verdict) {
    const struct jn_vnet *vnet = s->rules->vnet[s->vpg->vpg_idx];
    if (vnet != NULL)
        verdict = classify_by_vnet(s->rules, vnet, s->entry, verdict);
    return classify_headerless(s->vpg, s->entry, verdict);
}

static uint16_t
rule_place(const struct subject *s, const struct jn_rule *rule) {
    return rule == NULL ? JN_RULE_DEFAULT : (uint16_t)(rule - jn_policy_rules(s->rules->policy) - s->vpg->rule_first);
}

// Would the rule change nothing of a flow that went on before? What it says nothing of is left to the VPG; but where the
// packets go is always part of it. So it keeps its flows also with another policy, that has it in another place.
static bool
leaves_as_it_is(const struct subject *s, const struct jn_rule *rule) {
    const struct jn_flow_entry *entry = s->entry;
    if (s->known->fresh || (entry->current.generation == s->rules->generation && entry->rule == rule_place(s, rule)))
        return true;
    uint16_t said = JN_VERDICT_DROP | JN_VERDICT_REDIRECT;
    said |= rule->inspect != JN_ACTION_DEFAULT ? JN_VERDICT_INSPECT : 0;
    said |= rule->mirror != JN_ACTION_DEFAULT ? JN_VERDICT_MIRROR0 | JN_VERDICT_MIRROR1 : 0;
    return ((finish(s, classify_by_rule(rule, s->vpg->defaults)) ^ entry->verdict) & said) == 0;
}

// Nobody can tell what rules by application do with it.
static bool
is_unclassified(const struct subject *s) {
    return !s->known->classifier && s->known->phase != JN_APPLICATION_DECIDED_PHASE;
}

// Which of the conditional rules may match. Without a classifier a flow whose application is not known stays undecided.
static enum jn_conditional_kind
kind_of(const struct subject *s) {
    if (is_unclassified(s))
        return s->vpg->flags & JN_VPG_DROP_UNCLASSIFIED ? JN_CONDITIONAL_ALL : JN_CONDITIONAL_SOUGHT;
    bool sought = s->known->phase == JN_APPLICATION_NONE_PHASE || s->known->phase == JN_APPLICATION_UNDECIDED_PHASE;
    return sought ? JN_CONDITIONAL_SOUGHT : JN_CONDITIONAL_ENDED;
}

// The first rule that the flow matches, or NULL. With JN_CONDITIONAL_ALL: that it may match if its application were known.
static const struct jn_rule *
first_rule(const struct subject *s, enum jn_conditional_kind kind) {
    const struct jn_policy *policy = s->rules->policy;
    const struct jn_rule *rules = jn_policy_rules(policy) + s->vpg->rule_first;
    const struct jn_rule *first =
        jn_rule_first_match(s->rules->index[s->vpg->vpg_idx], rules, s->vpg->rule_count, &s->flow);
    const struct jn_conditional *more = s->rules->conditional[s->vpg->vpg_idx];
    if (more == NULL)
        return first;
    const uint16_t *places = jn_conditional_places(more, kind);
    uint32_t end = first == NULL ? s->vpg->rule_count : (uint32_t)(first - rules);
    for (uint32_t i = 0; i < more->count[kind] && places[i] < end; i++) {
        const struct jn_rule *rule = &rules[places[i]];
        if (kind == JN_CONDITIONAL_ENDED && !jn_conditional_holds(policy, rule, s->known))
            continue;
        if (jn_rule_matches(rule, &s->flow) && (!rule->new_flows_only || leaves_as_it_is(s, rule)))
            return rule;
    }
    return first;
}

struct jn_classified
jn_classify(const struct jn_ruleset *rules, struct jn_flow_entry *entry, const struct jn_application_known *known) {
    struct subject s = {.rules = rules, .vpg = rules->vpg[jn_flow_vpg(entry)], .entry = entry, .known = known};
    const struct jn_rule *rule = NULL;
    if (s.vpg == NULL)
        return (struct jn_classified){0, JN_RULE_DEFAULT}; // the VPG has left; its flows end by themselves
    find_device(rules, s.vpg, entry);
    enum jn_conditional_kind kind = kind_of(&s);
    if (rules->has_rules[s.vpg->vpg_idx]) {
        s.flow = jn_rule_flow_of(rules->policy, s.vpg, entry, device_end(entry));
        rule = first_rule(&s, kind);
    }
    bool unclassified = kind == JN_CONDITIONAL_ALL && rule != NULL && rule->application_match != 0;
    uint16_t verdict = unclassified ? s.vpg->defaults | JN_VERDICT_DROP : classify_by_rule(rule, s.vpg->defaults);
    return (struct jn_classified){finish(&s, verdict), rule_place(&s, rule)};
}
