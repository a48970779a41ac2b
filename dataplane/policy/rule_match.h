// SPDX-License-Identifier: BSD-3-Clause
// A policy's rules compiled by rte_acl, and which of them a flow matches first.
#pragma once

#include "flow.h"
#include "policy.h"

struct rte_acl_ctx;

// Compile the rules for IPv4 and IPv6 flows: acl[family] stays NULL without rules for it. Not 0 with a sentence in err:
// jn_rule_match_free frees what is there. Main thread, after rte_eal_init.
int jn_rule_match_build(struct rte_acl_ctx *acl[2], const struct jn_policy *policy, char err[JN_ERR_MAX]);
void jn_rule_match_free(struct rte_acl_ctx *acl[2]);

// The first of the VPG's rules that the flow matches, or NULL. device: the end that rules mean by "device".
const struct jn_rule *jn_rule_first_match(struct rte_acl_ctx *const acl[2], const struct jn_policy *policy,
                                          const struct jn_vpg *vpg, const struct jn_flow_entry *entry, int device);

// The group of one of the VPG's devices (network order), 0 without one.
uint32_t jn_rule_device_group(const struct jn_policy *policy, const struct jn_vpg *vpg, uint8_t family,
                              const uint8_t address[16]);
