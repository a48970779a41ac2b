// SPDX-License-Identifier: BSD-3-Clause
// Exact intervals: at a boundary the VPG counters are set aside at once, and the flows' deltas of the old interval are
// closed one after the other, each at the latest with its next packet; then the interval's end is written.
#pragma once

#include "flow/flow_state.h"

// Bring the worker's interval up to worker->now_ns: called before a burst is looked at, and when idle.
void jn_interval_advance(struct jn_worker *worker);

// The policy in force may have another interval length: it holds from the next boundary on, which the clock that workers
// share announces, if there is one.
void jn_interval_set_length(struct jn_worker *worker, uint64_t length_ns);

// An index has another VPG now: end the former VPG's flows, and write its counters under its own name.
void jn_interval_detach_vpg(struct jn_worker *worker, uint16_t vpg_idx);

// The worker ends: the current interval is marked as the last, and keeps the end that its records have already. Not in a
// replay, whose intervals are the capture's.
void jn_interval_stop(struct jn_worker *worker);

// End the current interval here and now, whole: shutting down, or the end of a replay. Every flow has been reported.
void jn_interval_finish(struct jn_worker *worker);
