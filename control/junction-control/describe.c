// SPDX-License-Identifier: BSD-3-Clause
#include "describe.h"

#include <stdio.h>

#include "config/config_keys.h"
#include "config/json_address.h"
#include "describe_application.h"
#include "flow.h"

static json_t *
prefix_text(const struct jn_prefix *prefix) {
    return prefix->family == 0 ? json_null() : jn_json_subnet(prefix->family, prefix->address, prefix->length);
}

static json_t *
ports_text(const uint16_t range[2]) {
    char text[16];
    if (range[0] == 0 && range[1] == 65535)
        return json_null();
    if (range[0] == range[1])
        snprintf(text, sizeof(text), "%u", range[0]);
    else
        snprintf(text, sizeof(text), "%u-%u", range[0], range[1]);
    return json_string(text);
}

static json_t *
number_or_null(unsigned int value, unsigned int none) {
    return value == none ? json_null() : json_integer(value);
}

static json_t *
action_text(uint8_t action) {
    return action == JN_ACTION_DEFAULT ? json_null() : json_boolean(action == JN_ACTION_ON);
}

static json_t *
group_text(const struct jn_policy *policy, const struct jn_vpg *vpg, uint32_t group) {
    const struct jn_device *devices = jn_policy_devices(policy) + vpg->device_first;
    for (uint32_t i = 0; group != 0 && i < vpg->device_count; i++)
        if (devices[i].group == group)
            return json_string(jn_policy_string(policy, devices[i].group_name_offset));
    return group == 0 ? json_null() : json_string("(a group without devices)");
}

// The peers whose indexes are in the mask, by address.
static json_t *
peers_text(const struct jn_policy *policy, const struct jn_vpg *vpg, unsigned int peer_bits) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < vpg->peer_count; i++) {
        const struct jn_peer *peer = &jn_policy_peers(policy)[vpg->peer_first + i];
        if (peer_bits >> peer->peer_idx & 1)
            json_array_append_new(list, jn_json_address(peer->family, peer->address));
    }
    return list;
}

static json_t *
rule_object(const struct jn_policy *policy, const struct jn_vpg *vpg, const struct jn_rule *rule) {
    char word[JN_KEY_WORD_MAX];
    json_t *object = json_object();
    json_object_set_new(object, "direction",
                        json_string(jn_key_word_at(JN_KEY_MATCH_DIRECTION, rule->direction, word)));
    json_object_set_new(object, "protocol", number_or_null(rule->protocol, 0));
    json_object_set_new(object, "device", prefix_text(&rule->device));
    json_object_set_new(object, "device_ports", ports_text(rule->device_ports));
    json_object_set_new(object, "remote", prefix_text(&rule->remote));
    json_object_set_new(object, "remote_ports", ports_text(rule->remote_ports));
    json_object_set_new(object, "dscp", number_or_null(rule->dscp, 0xff));
    json_object_set_new(object, "group", group_text(policy, vpg, rule->group));
    describe_application(object, policy, rule);
    json_object_set_new(object, "inspect", action_text(rule->inspect));
    json_object_set_new(object, "mirror", action_text(rule->mirror));
    json_object_set_new(object, "mirror_peers",
                        rule->mirror == JN_ACTION_ON ? peers_text(policy, vpg, rule->mirror_peers) : json_null());
    json_object_set_new(object, "redirect", action_text(rule->redirect));
    json_object_set_new(object, "drop", json_boolean(rule->drop));
    return object;
}

json_t *
describe_rules(const struct jn_policy *policy, const struct jn_vpg *vpg) {
    json_t *rules = json_array();
    for (uint32_t i = 0; i < vpg->rule_count; i++)
        json_array_append_new(rules, rule_object(policy, vpg, &jn_policy_rules(policy)[vpg->rule_first + i]));
    return rules;
}

static json_t *
wire_names(const struct jn_config_dataplane *dataplane, const struct jn_vpg *vpg) {
    json_t *names = json_array();
    for (unsigned int wire = 0; wire < dataplane->wire_count; wire++)
        if (vpg->wires >> wire & 1)
            json_array_append_new(names, json_string(dataplane->wires[wire].name));
    return names;
}

json_t *
describe_vpg(const struct control *control, const struct jn_vpg *vpg) {
    const struct jn_policy *policy = control->publisher.policy;
    json_t *object = json_object(), *subnets = json_array();
    char word[JN_KEY_WORD_MAX];
    json_t *wires = wire_names(&control->config->dataplane, vpg);
    for (uint32_t i = 0; i < vpg->subnet_count; i++)
        json_array_append_new(subnets, prefix_text(&jn_policy_subnets(policy)[vpg->subnet_first + i]));
    json_object_set_new(object, "id", json_string(vpg->id));
    json_object_set_new(object, "name", json_string(vpg->name));
    json_object_set_new(object, "vpg_idx", json_integer(vpg->vpg_idx));
    json_object_set(object, "wire", json_array_size(wires) == 1 ? json_array_get(wires, 0) : json_null());
    json_object_set_new(object, "wires", wires);
    json_object_set_new(object, "vlan", number_or_null(vpg->vlan_id, JN_VLAN_ID_NONE));
    json_object_set_new(object, "inspection", json_boolean(vpg->defaults & JN_VERDICT_INSPECT));
    json_object_set_new(object, "metadata", json_string(jn_key_word_at(JN_KEY_VPG_METADATA, vpg->metadata, word)));
    json_object_set_new(object, "classifier_down",
                        json_string(vpg->flags & JN_VPG_DROP_UNCLASSIFIED ? "drop" : "allow"));
    json_object_set_new(object, "drop", json_boolean(vpg->defaults & JN_VERDICT_DROP));
    json_object_set_new(object, "mirror_peers", peers_text(policy, vpg, vpg->defaults / JN_VERDICT_MIRROR0));
    json_object_set_new(object, "redirect", json_boolean(vpg->defaults & JN_VERDICT_REDIRECT));
    json_object_set_new(object, "fragments",
                        json_pack("{s:s}", "headerless", vpg->flags & JN_VPG_DROP_HEADERLESS ? "drop" : "forward"));
    json_object_set_new(object, "device_subnets", subnets);
    json_object_set_new(object, "devices", json_integer(vpg->device_count));
    return object;
}

json_t *
describe_counters(const struct jn_counters_view *view, const struct jn_vpg *vpg) {
    static const char *const names[] = {
#define X(name, text) #name,
        JN_VPG_COUNTERS(X)
#undef X
            "uninspected_packets",
        "uninspected_bytes"};
    enum { SIZE_MAX_INDEX = JN_VPG_COUNTER_COUNT - 1 };
    uint64_t sums[sizeof(names) / sizeof(names[0])] = {0};
    for (unsigned int w = 0; w < view->worker_count; w++) {
        const uint64_t *counters = (const uint64_t *)jn_counters_vpg(view, w, vpg->vpg_idx);
        for (size_t i = 0; counters != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
            uint64_t value = jn_counters_load(&counters[i]);
            if (i != SIZE_MAX_INDEX)
                sums[i] += value;
            else if (value > sums[i])
                sums[i] = value;
        }
    }
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        json_object_set_new(object, names[i], json_integer((json_int_t)sums[i]));
    return object;
}

static json_t *
gate_peers_list(const struct jn_policy *policy, const struct jn_vpg *vpg) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < vpg->gate_peer_count; i++) {
        json_t *peer = json_object();
        jn_json_set_gate_peer(peer, policy, &jn_policy_gate_peers(policy)[vpg->gate_peer_first + i]);
        json_array_append_new(list, peer);
    }
    return list;
}

static json_t *
redirection(const struct jn_policy *policy, const struct jn_vpg *vpg, const struct jn_gate *gate) {
    if (!(gate->flags & JN_GATE_REDIRECT))
        return json_null();
    json_t *object = json_object();
    jn_json_set_gateways(object, policy, vpg);
    json_object_set_new(object, "mtu", gate->mtu == 0 ? json_null() : json_integer(gate->mtu));
    json_object_set_new(object, "too_long",
                        json_string(gate->flags & JN_GATE_OUTER_FRAGMENT ? "fragment_outer" : "answer"));
    json_object_set_new(object, "probe_ms", json_integer(gate->probe_ms));
    return object;
}

json_t *
describe_gate(const struct jn_policy *policy, const struct jn_vpg *vpg) {
    if (vpg->gate_count == 0)
        return json_null();
    const struct jn_gate *gate = &jn_policy_gates(policy)[vpg->gate_first];
    json_t *object = json_object();
    jn_json_set_gate(object, gate);
    json_object_set_new(object, "source_port", json_string(gate->flags & JN_GATE_FIXED_PORT ? "fixed" : "flow"));
    json_object_set_new(object, "peers", gate_peers_list(policy, vpg));
    json_object_set_new(object, "redirection", redirection(policy, vpg, gate));
    return object;
}
