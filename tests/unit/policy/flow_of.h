// SPDX-License-Identifier: BSD-3-Clause
// Rulesets of configuration texts, and flows to be judged by them.
#pragma once

#include "applications/applications.h"
#include "policy/classify.h"
#include "rig/rig.h"
#include "test.h"

// vpgs: as rig_open takes them.
static inline struct jn_ruleset *
rules_of(const char *vpgs, const struct jn_policy *previous) {
    static char err[JN_ERR_MAX];
    const struct rig rig = {.vpgs = 16};
    struct jn_policy *policy = rig_compile(&rig, vpgs, 60, previous);
    policy->generation = previous != NULL ? previous->generation + 1 : 1;
    struct jn_ruleset *rules = jn_ruleset_build(policy, err);
    if (rules == NULL)
        fail_msg("%s", err);
    return rules;
}

// Of VPG 0, from a device at end a, 10.128.0.1, to 198.18.0.1 at end b.
static inline struct jn_flow_entry
flow_of(uint8_t protocol, uint16_t port, uint16_t remote_port) {
    return (struct jn_flow_entry){.key1 = port | (uint64_t)remote_port << 16 | (uint64_t)protocol << 32 |
                                          UINT64_C(0xfff) << 40,
                                  .address = {{10, 128, 0, 1}, {198, 18, 0, 1}}};
}
