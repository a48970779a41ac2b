// SPDX-License-Identifier: BSD-3-Clause
#include "config/json_address.h"

#include "config/config_keys.h"

json_t *
jn_json_address(uint8_t family, const uint8_t *address) {
    char text[JN_ADDRESS_TEXT];
    return json_string(jn_address_text(family, address, text));
}

json_t *
jn_json_subnet(uint8_t family, const uint8_t *address, unsigned int length) {
    char text[JN_ADDRESS_TEXT];
    return json_string(jn_subnet_text(family, address, length, text));
}

json_t *
jn_json_mac(const uint8_t m[6]) {
    return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static json_t *
gate_own(const struct jn_gate *gate, uint8_t family) {
    struct jn_prefix own = jn_gate_own(gate, family);
    return own.length == 0 ? json_null() : jn_json_subnet(family, own.address, own.length);
}

static json_t *
gate_inner(const struct jn_gate_peer *peer, uint8_t family) {
    const uint8_t *inner = jn_gate_peer_inner(peer, family);
    return inner == NULL ? json_null() : jn_json_address(family, inner);
}

json_t *
jn_json_gateway(const struct jn_policy *policy, const struct jn_vpg *vpg, uint8_t peer_idx, uint8_t family) {
    const struct jn_gate_peer *peer = jn_vpg_gate_peer(policy, vpg, peer_idx);
    return peer == NULL ? json_null() : gate_inner(peer, family);
}

void
jn_json_set_gate(json_t *object, const struct jn_gate *gate) {
    json_object_set_new(object, "vni", json_integer(gate->vni));
    json_object_set_new(object, "mac", jn_json_mac(gate->mac));
    json_object_set_new(object, "address", gate_own(gate, jn_family(gate->length[0] == 0)));
    json_object_set_new(object, "address_ipv6", gate_own(gate, 6));
    json_object_set_new(object, "privacy_separator", json_boolean(gate->flags & JN_GATE_PRIVACY));
}

void
jn_json_set_gate_peer(json_t *object, const struct jn_policy *policy, const struct jn_gate_peer *peer) {
    json_object_set_new(object, "outer", jn_json_address(peer->outer_family, peer->outer));
    json_object_set_new(object, "inner", gate_inner(peer, jn_family(!peer->has_inner[0])));
    json_object_set_new(object, "inner_ipv6", gate_inner(peer, 6));
    json_object_set_new(object, "peer_idx", json_integer(peer->peer_idx));
    json_object_set_new(object, "description", json_string(jn_policy_string(policy, peer->description_offset)));
}

void
jn_json_set_gateways(json_t *object, const struct jn_policy *policy, const struct jn_vpg *vpg) {
    char word[JN_KEY_WORD_MAX];
    const struct jn_gate *gate = &jn_policy_gates(policy)[vpg->gate_first];
    json_object_set_new(object, "gateway", jn_json_gateway(policy, vpg, gate->gateway, gate->gateway_family));
    json_object_set_new(object, "standby", jn_json_gateway(policy, vpg, gate->standby, gate->standby_family));
    json_object_set_new(object, "on_failure",
                        json_string(jn_key_word_at(JN_KEY_REDIRECTION_FAILURE, gate->on_failure, word)));
    json_object_set_new(
        object, "on_standby_failure",
        json_string(jn_key_word_at(JN_KEY_REDIRECTION_STANDBY_FAILURE, gate->on_standby_failure, word)));
}
