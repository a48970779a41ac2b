// SPDX-License-Identifier: BSD-3-Clause
// Idle flows end: a sweep comes by the whole table in two seconds, a little of it each round. Of each few entries it keeps
// since when the longest silent one of them is so: until that may be idle no memory of theirs is looked at.
#pragma once

#include "flow/flow_state.h"

// For a table of `capacity` flows: 0, or -ENOMEM. Main thread.
int jn_expiry_make(struct jn_expiry *expiry, uint32_t capacity);
void jn_expiry_free(struct jn_expiry *expiry);

// Called every round of the worker. Also ends TCP flows that have lingered.
void jn_flow_expire(struct jn_worker *worker);
