// SPDX-License-Identifier: BSD-3-Clause
#include "config/json_address.h"

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

json_t *
jn_json_gate_own(const struct jn_gate *gate, uint8_t family) {
    struct jn_prefix own = jn_gate_own(gate, family);
    return own.length == 0 ? json_null() : jn_json_subnet(family, own.address, own.length);
}

json_t *
jn_json_gate_inner(const struct jn_gate_peer *peer, uint8_t family) {
    const uint8_t *inner = jn_gate_peer_inner(peer, family);
    return inner == NULL ? json_null() : jn_json_address(family, inner);
}

json_t *
jn_json_gateway(const struct jn_policy *policy, const struct jn_vpg *vpg, uint8_t peer_idx, uint8_t family) {
    const struct jn_gate_peer *peer = jn_vpg_gate_peer(policy, vpg, peer_idx);
    return peer == NULL ? json_null() : jn_json_gate_inner(peer, family);
}
