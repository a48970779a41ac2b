// SPDX-License-Identifier: BSD-3-Clause
// A capture through the whole pipeline, in its own time.
#pragma once

#include <signal.h>

#include "app.h"

// Whatever ports the configuration has underlay addresses on: in a replay it is the one tunnel port.
void jn_replay_move_tunnel(struct jn_policy *policy);

// Wait for a policy, play app->options.replay, report everything, print the counters on standard error.
// 0 or negative errno with a sentence in err; a truncated capture is played as far as it goes.
int jn_replay(struct jn_app *app, const volatile sig_atomic_t *signalled, char err[JN_ERR_MAX]);
