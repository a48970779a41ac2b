// SPDX-License-Identifier: BSD-3-Clause
// The main thread's part in a change of policy: wait for it, copy, validate, compile, hand the workers one pointer, and
// free the former once all have moved on.
#pragma once

#include "worker/app.h"

// Wait up to timeout_ms for a new generation and bring it into force. A policy that is refused leaves the former one,
// and is said in log and counters. Returns whether a new one came into force.
bool jn_policy_watch(struct jn_app *app, int timeout_ms);

// Before the workers run: what junction-control has published already is in force with their first burst, so that a dataplane
// that is started again lets nothing pass uninspected. jn_policy_begun waits for them once they run.
void jn_policy_begin(struct jn_app *app);
void jn_policy_begun(struct jn_app *app);

void jn_policy_stop(struct jn_app *app);
