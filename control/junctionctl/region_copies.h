// SPDX-License-Identifier: BSD-3-Clause
// Private copies of the regions of neighbours and gates, found sound, with what else is needed to make sense of them.
#pragma once

#include <jansson.h>

#include "gate.h"
#include "sample.h"

struct underlay {
    struct jn_neighbours_region *region;
    struct jn_policy *policy;
    struct sample sample; // of the counters: ports' names and links
};

// 0, or negative with a sentence in err. Free with underlay_free.
int underlay_take(struct underlay *underlay, const char *instance, char err[JN_ERR_MAX]);
void underlay_free(struct underlay *underlay);

// Members of a row.
json_t *underlay_port(const struct underlay *underlay, unsigned int port);
json_t *underlay_vlan(uint16_t vlan_id);
json_t *underlay_mac(uint64_t state_mac);                    // null while it is not known
json_t *underlay_seconds(uint64_t then_ns, uint64_t now_ns); // since a time of the epoch; null: never

// The next hop of that number, or NULL: there is none. Is it "up", "unresolved", or its port "down"?
const struct jn_neighbour *underlay_hop(const struct underlay *underlay, uint16_t number);
const char *underlay_hop_word(const struct underlay *underlay, const struct jn_neighbour *hop);
// A row's members next_hop, mac, port and vlan; null without one.
void underlay_set_hop(json_t *row, const struct underlay *underlay, const struct jn_neighbour *hop);

// A row's members path_mtu_mode, learned_mtu and learned_seconds, null without one, by the word of lib/path_mtu.h.
void underlay_set_path_mtu(json_t *row, uint64_t word, bool learns, uint16_t mark);

// Is the port there, and its link up?
bool underlay_port_up(const struct underlay *underlay, unsigned int port);

// The gates, beside what is known of the underlay.
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
