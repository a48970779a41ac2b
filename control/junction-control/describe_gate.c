// SPDX-License-Identifier: BSD-3-Clause
// A VPG's virtual network and its redirection, in words.
#include "describe_gate.h"

#include "config/json_address.h"
#include "describe.h"

static json_t *
peers_list(const struct jn_policy *policy, const struct jn_vpg *vpg) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < vpg->gate_peer_count; i++) {
        const struct jn_gate_peer *peer = &jn_policy_gate_peers(policy)[vpg->gate_peer_first + i];
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:i, s:s}", "outer",
                                              jn_json_address(peer->outer_family, peer->outer), "inner",
                                              jn_json_gate_inner(peer, jn_family(!peer->has_inner[0])), "inner_ipv6",
                                              jn_json_gate_inner(peer, 6), "peer_idx", (int)peer->peer_idx,
                                              "description", jn_policy_string(policy, peer->description_offset)));
    }
    return list;
}

// The inner address of the peer with that index.
static json_t *
gateway_address(const struct jn_policy *policy, const struct jn_vpg *vpg, uint8_t peer_idx, uint8_t family) {
    for (uint32_t i = 0; i < vpg->gate_peer_count; i++) {
        const struct jn_gate_peer *peer = &jn_policy_gate_peers(policy)[vpg->gate_peer_first + i];
        if (peer->peer_idx == peer_idx)
            return jn_json_gate_inner(peer, family);
    }
    return json_null();
}

static json_t *
redirection(const struct jn_policy *policy, const struct jn_vpg *vpg, const struct jn_gate *gate) {
    static const char *const failures[] = {"bypass", "drop", "standby"};
    if (!(gate->flags & JN_GATE_REDIRECT))
        return json_null();
    json_t *object = json_object();
    json_object_set_new(object, "gateway", gateway_address(policy, vpg, gate->gateway, gate->gateway_family));
    json_object_set_new(object, "standby", gateway_address(policy, vpg, gate->standby, gate->standby_family));
    json_object_set_new(object, "on_failure", json_string(failures[gate->on_failure]));
    json_object_set_new(object, "on_standby_failure", json_string(failures[gate->on_standby_failure]));
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
    json_object_set_new(object, "vni", json_integer(gate->vni));
    json_object_set_new(object, "mac", jn_json_mac(gate->mac));
    json_object_set_new(object, "address", jn_json_gate_own(gate, jn_family(gate->length[0] == 0)));
    json_object_set_new(object, "address_ipv6", jn_json_gate_own(gate, 6));
    json_object_set_new(object, "privacy_separator", json_boolean(gate->flags & JN_GATE_PRIVACY));
    json_object_set_new(object, "source_port", json_string(gate->flags & JN_GATE_FIXED_PORT ? "fixed" : "flow"));
    json_object_set_new(object, "peers", peers_list(policy, vpg));
    json_object_set_new(object, "redirection", redirection(policy, vpg, gate));
    return object;
}
