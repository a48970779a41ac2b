// SPDX-License-Identifier: BSD-3-Clause
// A policy's rules compiled by rte_acl, and which of them a flow matches first; and one rule beside one flow, which says the
// same.
#pragma once

#include "flow.h"
#include "policy.h"

struct rte_acl_ctx;

// What rules look at, of a flow.
struct jn_rule_flow {
    const uint8_t *address[2]; // device, remote: network order, IPv4 in the first four bytes
    uint16_t port[2];          // theirs; of ICMP its type and code
    uint16_t vpg_idx;
    uint32_t group; // of the device; 0: none
    uint8_t family; // 4 or 6
    uint8_t protocol, dscp;
    uint8_t direction; // 1 uplink, 2 downlink
    bool with_ports;
};

// Does it depend on more than a flow's first packet: on its application, or on how it went on before? Then it is not in
// rte_acl.
static inline bool
jn_rule_is_conditional(const struct jn_rule *rule) {
    return rule->application_match != 0 || rule->new_flows_only;
}

// Compile the rules that are not conditional for IPv4 and IPv6 flows: acl[family] stays NULL without rules for it. Not 0 with a sentence in err:
// jn_rule_match_free frees what is there. Main thread, after rte_eal_init.
int jn_rule_match_build(struct rte_acl_ctx *acl[2], const struct jn_policy *policy, char err[JN_ERR_MAX]);
void jn_rule_match_free(struct rte_acl_ctx *acl[2]);

// device: the end that rules mean by "device". The entry outlives the answer.
struct jn_rule_flow jn_rule_flow_of(const struct jn_policy *policy, const struct jn_vpg *vpg,
                                    const struct jn_flow_entry *entry, int device);

// The first of the VPG's rules that the flow matches, or NULL; none that is conditional.
const struct jn_rule *jn_rule_first_match(struct rte_acl_ctx *const acl[2], const struct jn_policy *policy,
                                          const struct jn_rule_flow *flow);

// Does the flow match the rule, one of its VPG's, but for what is conditional?
bool jn_rule_matches(const struct jn_rule *rule, const struct jn_rule_flow *flow);

// The group of one of the VPG's devices (network order), 0 without one.
uint32_t jn_rule_device_group(const struct jn_policy *policy, const struct jn_vpg *vpg, uint8_t family,
                              const uint8_t address[16]);
