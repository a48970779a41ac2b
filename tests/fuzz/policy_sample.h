// SPDX-License-Identifier: BSD-3-Clause
// A sound policy with something of each kind, in memory of exactly its size.
#pragma once

#include <stdlib.h>
#include <string.h>

#include "flow_words.h"
#include "policy.h"

// Aligned, zeroed; aborts without memory.
static inline void *
allocate(size_t size) {
    void *memory = aligned_alloc(64, (size + 63) / 64 * 64);
    if (memory == NULL)
        abort();
    memset(memory, 0, (size + 63) / 64 * 64);
    return memory;
}

// One of each part; every text is as long as can be: one byte alone ends it.
static inline struct jn_policy *
sample_policy(size_t size) {
    struct jn_policy *p = allocate(size);
    uint32_t end = sizeof(*p);
    *p = (struct jn_policy){.length = (uint32_t)size,
                            .vpg_count = 1,
                            .subnet_count = 1,
                            .rule_count = 1,
                            .device_count = 1,
                            .peer_count = 2,
                            .address_count = 1,
                            .route_count = 1,
                            .gate_count = 1,
                            .gate_peer_count = 2,
                            .application_match_count = 2,
                            .server_name_count = 2};
    p->vpg_offset = end;
    p->subnet_offset = p->vpg_offset + sizeof(struct jn_vpg);
    p->rule_offset = p->subnet_offset + (sizeof(struct jn_prefix) + 7) / 8 * 8;
    p->device_offset = p->rule_offset + (sizeof(struct jn_rule) + 7) / 8 * 8;
    p->peer_offset = p->device_offset + (sizeof(struct jn_device) + 7) / 8 * 8;
    p->address_offset = p->peer_offset + (2 * sizeof(struct jn_peer) + 7) / 8 * 8;
    p->route_offset = p->address_offset + sizeof(struct jn_underlay_address);
    p->gate_offset = p->route_offset + sizeof(struct jn_route);
    p->gate_peer_offset = p->gate_offset + (sizeof(struct jn_gate) + 7) / 8 * 8;
    p->application_match_offset = p->gate_peer_offset + 2 * sizeof(struct jn_gate_peer);
    p->server_name_offset = p->application_match_offset + 2 * sizeof(struct jn_application_match);
    p->string_offset = p->server_name_offset + 2 * sizeof(struct jn_server_name);
    p->string_bytes = (uint32_t)size - p->string_offset;
    memset((char *)p + p->string_offset, 'x', p->string_bytes - 1);
    struct jn_vpg *vpg = (struct jn_vpg *)jn_policy_vpgs(p);
    *vpg = (struct jn_vpg){.wires = 1,
                           .vlan_id = JN_VLAN_ID_NONE,
                           .defaults = JN_VERDICT_MIRROR1 | JN_VERDICT_REDIRECT,
                           .subnet_count = 1,
                           .rule_count = 1,
                           .device_count = 1,
                           .peer_count = 2,
                           .gate_count = 1,
                           .gate_peer_count = 2};
    memset(vpg->id, 'x', sizeof(vpg->id) - 1);
    memset(vpg->name, 'x', sizeof(vpg->name) - 1);
    memset(p->node, 'x', sizeof(p->node) - 1);
    ((struct jn_device *)jn_policy_devices(p))->family = 4;
    struct jn_peer *peers = (struct jn_peer *)jn_policy_peers(p);
    for (uint8_t i = 0; i < 2; i++)
        peers[i] = (struct jn_peer){
            .family = 4, .peer_idx = i, .flags = JN_PEER_ENABLED, .ttl = 64, .sample_packets = 1, .sample_flows = 1};
    *(struct jn_underlay_address *)jn_policy_addresses(p) =
        (struct jn_underlay_address){.family = 4, .length = 24, .vlan_id = JN_VLAN_ID_NONE};
    *(struct jn_route *)jn_policy_routes(p) = (struct jn_route){.to = {.family = 4, .length = 16}};
    *(struct jn_gate *)jn_policy_gates(p) = (struct jn_gate){.length = {16},
                                                             .mac = {2},
                                                             .vni = 10,
                                                             .flags = JN_GATE_REDIRECT,
                                                             .ttl = 64,
                                                             .standby = 1,
                                                             .gateway_family = 4,
                                                             .standby_family = 4,
                                                             .probe_lost = 3,
                                                             .probe_answers = 3,
                                                             .probe_ms = 100};
    struct jn_gate_peer *gate_peers = (struct jn_gate_peer *)jn_policy_gate_peers(p);
    for (uint8_t i = 0; i < 2; i++)
        gate_peers[i] = (struct jn_gate_peer){.outer = {i}, .outer_family = 4, .has_inner = {1, 0}, .peer_idx = i};
    ((struct jn_rule *)jn_policy_rules(p))->application_match = 2;
    struct jn_application_match *matches = (struct jn_application_match *)jn_policy_application_matches(p);
    matches[0].undecided = 1;
    matches[1] = (struct jn_application_match){.risks = 2, .server_name_count = 2};
    struct jn_server_name *names = (struct jn_server_name *)jn_policy_server_names(p);
    names[0] = (struct jn_server_name){.length = 5};
    names[1] = (struct jn_server_name){.string_offset = p->string_bytes - 6, .length = 5, .wildcard = 1};
    return p;
}
