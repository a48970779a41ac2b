// SPDX-License-Identifier: BSD-3-Clause
// What workers and readers are told of a port. Main thread only.
#pragma once

#include "core/tx.h"
#include "worker/app.h"

// Let workers use the port, or leave it, and show it. A link that comes or goes is an event.
void jn_port_set_state(struct jn_app *app, unsigned int port_idx, enum jn_port_life state);

// Count, show and log what befell the port.
void jn_port_happened(struct jn_app *app, unsigned int port_idx, enum jn_port_event event);
