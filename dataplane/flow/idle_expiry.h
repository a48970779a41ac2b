// SPDX-License-Identifier: BSD-3-Clause
// Idle flows end: a few entries are looked at each round, so that a sweep of the whole table takes two seconds.
#pragma once

#include "core/worker.h"

// Called every round of the worker. Also ends TCP flows that have lingered.
void jn_flow_expire(struct jn_worker *worker);
