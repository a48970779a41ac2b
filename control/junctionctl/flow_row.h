// SPDX-License-Identifier: BSD-3-Clause
// One flow as a row.
#pragma once

#include <jansson.h>

#include "flow.h"
#include "policy.h"

struct flow {
    struct jn_flow_entry entry;
    uint32_t worker;
};

// policy: where the VPGs' names are, may be NULL. texts: also the members that only a table shows.
json_t *flow_row(const struct flow *flow, const struct jn_policy *policy, uint64_t now_ns, bool texts);

// The id of its VPG, or "-".
const char *flow_vpg(const struct flow *flow, const struct jn_policy *policy);
