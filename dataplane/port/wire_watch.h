// SPDX-License-Identifier: BSD-3-Clause
// Wires begin when both their links are up, and pass a lost link on where they are told to. Main thread only.
#pragma once

#include "worker/app.h"

// When all ports are open.
void jn_wires_start(struct jn_app *app);

// Look at all wires, after jn_port_watch. "running" is said once the links of all ports are up, or were waited for long
// enough. True while they are waited for: look again soon.
bool jn_wires_watch(struct jn_app *app);

// Bring back what is taken down, before the ports are closed.
void jn_wires_stop(struct jn_app *app);
