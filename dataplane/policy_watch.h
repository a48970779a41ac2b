// SPDX-License-Identifier: BSD-3-Clause
// The main thread's part in a change of policy: wait for it, copy, validate, compile, hand the workers one pointer, and
// free the former once all have moved on.
#pragma once

#include "worker/app.h"

// Wait up to timeout_ms for a new generation and bring it into force. A policy that is refused leaves the former one,
// and is said in log and counters. Returns whether a new one came into force.
bool jn_policy_watch(struct jn_app *app, int timeout_ms);

void jn_policy_stop(struct jn_app *app);
