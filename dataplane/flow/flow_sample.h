// SPDX-License-Identifier: BSD-3-Clause
// The first packets of a flow on their way to junction-classify (lib/samples.h): which flows are looked at, and which of their
// packets. A packet of any other flow costs the look at one flag of its entry, which the flow stage has at hand.
#pragma once

#include "flow/flow_state.h"

// Packet i of the burst is of a flow with JN_FLOW_SAMPLED, and not counted yet. The search for its application goes on, or has
// taken long enough; it is copied if it has payload.
void jn_sample_look(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, uint32_t flow_idx,
                    bool from_b);

// The flow ends: the classifier is told if it still keeps something of it. In a replay it is asked in any case, and the answer
// waited for.
void jn_sample_end(struct jn_worker *worker, uint32_t flow_idx);
