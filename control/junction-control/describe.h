// SPDX-License-Identifier: BSD-3-Clause
// The policy in words, as docs/junctionctl.md gives the shape.
#pragma once

#include "control.h"

json_t *describe_vpg(const struct control *control, const struct jn_vpg *vpg);
json_t *describe_rules(const struct jn_policy *policy, const struct jn_vpg *vpg);
json_t *describe_counters(const struct jn_counters_view *view, const struct jn_vpg *vpg);
json_t *describe_gate(const struct jn_policy *policy, const struct jn_vpg *vpg); // null: closed
