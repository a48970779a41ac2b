// SPDX-License-Identifier: BSD-3-Clause
// A VPG's rules made ready to be found by a flow. Each field of the match cuts its values into ranges in which the same rules
// hold, and has the set of them, a bit a rule, for each range. The first rule that is in the sets of all fields is the one.
// A thousand rules are ready in about a millisecond, so a policy does not wait for them.
#pragma once

#include "policy.h"
#include "policy/rule_match.h"

struct jn_rule_index;

// Of rules[0..count), but for those that are conditional. NULL: no memory. Main thread.
struct jn_rule_index *jn_rule_index_build(const struct jn_rule *rules, uint32_t count);
void jn_rule_index_free(struct jn_rule_index *index);

// The place of the first rule that the flow matches, or `count`. Any thread.
uint32_t jn_rule_index_first(const struct jn_rule_index *index, const struct jn_rule_flow *flow);
