// SPDX-License-Identifier: BSD-3-Clause
// The main thread's part in time: note it for the workers, plan their intervals by it, say when the wall clock was set.
#pragma once

#include "worker/app.h"

// At least every 50 ms. interval_ns: of the policy in force, or of the one that is about to be; 0 when there is none.
void jn_clock_watch(struct jn_app *app, uint64_t interval_ns);
