// SPDX-License-Identifier: BSD-3-Clause
// Where flows expire.
#pragma once

#include "core/worker.h"

// A few entries: end idle flows, and TCP flows that have lingered. Called every round of the worker.
void jn_flow_expire(struct jn_worker *worker);

// End all flows: shutting down, or the end of a replay.
void jn_flow_end_all(struct jn_worker *worker);
