// SPDX-License-Identifier: BSD-3-Clause
// A worker takes a policy in, and at its end gives out all it has. Live worker, replay and tests call the same.
#pragma once

#include "core/worker.h"
#include "policy/ruleset.h"

// Take the rules in force; acknowledged in the counters. True when they changed.
bool jn_worker_take_rules(struct jn_worker *worker, const struct jn_ruleset *rules);

// Every round: counters of peers and gates that are others now start at zero, a few VPGs at a time. What a packet comes
// for is attached before it is counted.
void jn_worker_attach(struct jn_worker *worker);

// Everything of a worker that has stopped goes into its ring: flows, the interval, the end of the stream. With
// worker->flow->block_when_full it waits for room.
void jn_worker_finish(struct jn_worker *worker);
