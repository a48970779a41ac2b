// SPDX-License-Identifier: BSD-3-Clause
// Addresses, and what the policy says of gates, as members of a JSON document.
#pragma once

#include <jansson.h>

#include "policy.h"

json_t *jn_json_address(uint8_t family, const uint8_t *address);
json_t *jn_json_subnet(uint8_t family, const uint8_t *address, unsigned int length); // always with its length
json_t *jn_json_mac(const uint8_t mac[6]);

// The inner address of the peer that is the gateway or the standby; null: none is.
json_t *jn_json_gateway(const struct jn_policy *policy, const struct jn_vpg *vpg, uint8_t peer_idx, uint8_t family);

// Members of an object: what the policy says of a gate, of a peer of one, and of redirection through one.
void jn_json_set_gate(json_t *object, const struct jn_gate *gate);
void jn_json_set_gate_peer(json_t *object, const struct jn_policy *policy, const struct jn_gate_peer *peer);
void jn_json_set_gateways(json_t *object, const struct jn_policy *policy, const struct jn_vpg *vpg);
