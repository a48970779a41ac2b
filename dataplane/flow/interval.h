// SPDX-License-Identifier: BSD-3-Clause
// Exact intervals: at a boundary the number changes. The delta of a flow, and the counters of a VPG, that are of an older
// number are closed by the next packet that touches them, or by the sweep; then the interval's end is written.
#pragma once

#include "flow/flow_state.h"

// Bring the worker's interval up to worker->now_ns: called once a round, before a burst is looked at, and when idle.
void jn_interval_advance(struct jn_worker *worker);

// The policy in force may have another interval length: it holds from the next boundary on, which the clock that workers
// share announces, if there is one.
void jn_interval_set_length(struct jn_worker *worker, uint64_t length_ns);

// The worker ends: the current interval is marked as the last, and keeps the end that its records have already. Not in a
// replay, whose intervals are the capture's.
void jn_interval_stop(struct jn_worker *worker);

// End the current interval here and now, whole: shutting down, or the end of a replay. No sweep is under way, and
// every flow has been reported.
void jn_interval_finish(struct jn_worker *worker);
