// SPDX-License-Identifier: BSD-3-Clause
// Addresses as members of a JSON document.
#pragma once

#include <jansson.h>

#include "policy.h"

json_t *jn_json_address(uint8_t family, const uint8_t *address);
json_t *jn_json_subnet(uint8_t family, const uint8_t *address, unsigned int length); // always with its length
json_t *jn_json_mac(const uint8_t mac[6]);

// Junction's own address on a virtual network with its subnet, and a peer's there; null: none of that family.
json_t *jn_json_gate_own(const struct jn_gate *gate, uint8_t family);
json_t *jn_json_gate_inner(const struct jn_gate_peer *peer, uint8_t family);

// The inner address of the peer that is the gateway or the standby; null: none is.
json_t *jn_json_gateway(const struct jn_policy *policy, const struct jn_vpg *vpg, uint8_t peer_idx, uint8_t family);
