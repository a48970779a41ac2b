// SPDX-License-Identifier: BSD-3-Clause
// A capture through the whole pipeline, in its own time.
#pragma once

#include <signal.h>

#include "worker/app.h"

// Open the capture and what is written, while this process may still do what its caller may. 0 or negative errno with a
// sentence in err.
int jn_replay_open(struct jn_app *app, char err[JN_ERR_MAX]);

// Wait for a policy, play app->options.replay, report everything, print the counters on standard error.
// 0 or negative errno with a sentence in err; a truncated capture is played as far as it goes.
int jn_replay(struct jn_app *app, const volatile sig_atomic_t *signalled, char err[JN_ERR_MAX]);
