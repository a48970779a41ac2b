// SPDX-License-Identifier: BSD-3-Clause
// What junction-classify answers (lib/classified.h): believed as far as it can be right, and written into the flow that it is
// about, whose verdict is given again.
#pragma once

#include "flow/flow_state.h"

// A few answers, once a round and before its packets, with rules in force; and whether the classifier is there in this round.
void jn_answers_take(struct jn_worker *worker);

// In a replay: until the classifier has taken all samples, and its answers were taken; not for ever.
void jn_answers_wait(struct jn_worker *worker);
