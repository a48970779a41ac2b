// SPDX-License-Identifier: BSD-3-Clause
// What an interval's end and the leaving of VPGs ask of every fragment, flow and VPG is done in one pass, a few a round, so
// that ports are polled meanwhile. The pass waits while the record ring is short of room: until the next interval has
// ended too, or a policy has waited for it for a second; what then finds no room is counted as lost.
#pragma once

#include "core/worker.h"

// The interval before has ended: a pass begins that closes it. None may be under way.
void jn_sweep_close_interval(struct jn_worker *worker);

// The rules in force are others. If VPGs left, a pass begins that ends their flows, after the one that is under way.
void jn_sweep_take_rules(struct jn_worker *worker);

// This round's share.
void jn_sweep_run(struct jn_worker *worker);

// All that is left of it, whatever it takes.
void jn_sweep_finish(struct jn_worker *worker);
