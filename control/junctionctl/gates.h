// SPDX-License-Identifier: BSD-3-Clause
// A private copy of the gates region, found sound, beside what is known of the underlay.
#pragma once

#include "gate.h"
#include "neighbours.h"

struct gates {
    struct jn_gates_region *region;
    struct underlay underlay; // and the policy
};

// 0, or negative with a sentence in err. Free with gates_free.
int gates_take(struct gates *gates, const char *instance, char err[JN_ERR_MAX]);
void gates_free(struct gates *gates);

// The gate of a VPG: as the policy has it, and as it is. NULL when there is none: the gate is closed, or the
// dataplane has not opened it yet.
const struct jn_gate *gates_policy(const struct gates *gates, const struct jn_vpg *vpg);
const struct jn_gate_state *gates_state(const struct gates *gates, const struct jn_vpg *vpg);

// Over all workers.
struct jn_gate_counters gates_counters(const struct gates *gates, const struct jn_vpg *vpg);

// The two that can be the gateway.
enum { GATEWAY, STANDBY };
json_t *gates_gateway_address(const struct gates *gates, const struct jn_vpg *vpg, unsigned int which);
uint8_t gates_gateway_peer_idx(const struct gates *gates, const struct jn_vpg *vpg, unsigned int which);
