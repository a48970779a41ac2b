// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "worker/app.h"

// Main thread, before the workers run: tell which ports' links are up. The first frame that a worker receives would
// otherwise find the port that it leaves by down.
void jn_port_watch_start(struct jn_app *app);

// Main thread. Look at link and statistics of all ports, take away those whose device is gone, bring back those whose
// device returned.
void jn_port_watch(struct jn_app *app);
