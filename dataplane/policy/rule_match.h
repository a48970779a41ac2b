// SPDX-License-Identifier: BSD-3-Clause
// Which of a VPG's rules a flow matches first.
#pragma once

#include "flow.h"
#include "policy.h"

struct jn_rule_index;

// What rules look at, of a flow.
struct jn_rule_flow {
    const uint8_t *address[2]; // device, remote: network order, IPv4 in the first four bytes
    uint16_t port[2];          // theirs; of ICMP its type and code
    uint32_t group;            // of the device; 0: none
    uint8_t family;            // 4 or 6
    uint8_t protocol, dscp;
    uint8_t direction; // 1 uplink, 2 downlink
    bool with_ports;
};

// Does it depend on more than a flow's first packet: on its application, or on how it went on before? Then it is not in
// an index.
static inline bool
jn_rule_is_conditional(const struct jn_rule *rule) {
    return rule->application_match != 0 || rule->new_flows_only;
}

// device: the end that rules mean by "device". The entry outlives the answer.
struct jn_rule_flow jn_rule_flow_of(const struct jn_policy *policy, const struct jn_vpg *vpg,
                                    const struct jn_flow_entry *entry, int device);

// The first of the VPG's rules that the flow matches, or NULL; none that is conditional. index: of these rules, or NULL:
// then they are looked at one by one.
const struct jn_rule *jn_rule_first_match(const struct jn_rule_index *index, const struct jn_rule *rules,
                                          uint32_t count, const struct jn_rule_flow *flow);

// Does the rule match ports alone? Then it passes by a flow without them, also where it names port 0. A rule that names
// ICMP means its types.
bool jn_rule_names_ports(const struct jn_rule *rule);

// May it match flows of that family, 4 or 6?
bool jn_rule_is_of_family(const struct jn_rule *rule, uint8_t family);

// Does the flow match the rule, one of its VPG's, but for what is conditional?
bool jn_rule_matches(const struct jn_rule *rule, const struct jn_rule_flow *flow);

// The group of one of the VPG's devices (network order), 0 without one.
uint32_t jn_rule_device_group(const struct jn_policy *policy, const struct jn_vpg *vpg, uint8_t family,
                              const uint8_t address[16]);
