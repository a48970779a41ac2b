// SPDX-License-Identifier: BSD-3-Clause
// The verdict of a flow in the table: given with its first packet, with another policy, and when something else is known of its
// application. What was counted under a verdict goes out under it.
#pragma once

#include "flow/flow_state.h"

// Give it by the policy in force, at a packet that is not counted yet. begins: the flow's first one.
void jn_flow_judge(struct jn_worker *worker, struct jn_flow_entry *entry, bool begins);

// Something else is known of the flow's application: its verdict by the policy in force, of which it has one already. What it
// has counted goes out under the old verdict. counts: a packet of it is at hand that is not counted yet.
void jn_flow_judge_again(struct jn_worker *worker, struct jn_flow_entry *entry,
                         const struct jn_application_known *known, bool counts);
