// SPDX-License-Identifier: BSD-3-Clause
// A port's device goes, returns, is reset. Main thread, while the workers run: they leave the port before its device is
// touched, and use it again once it is open.
#pragma once

#include "worker/app.h"

// Close the port and give its device up, which the kernel may be waiting for. event: why.
void jn_port_take_away(struct jn_app *app, unsigned int port_idx, enum jn_port_event event);

// Have the device reset by its driver, or give it up: jn_port_bring_back opens it.
void jn_port_reset(struct jn_app *app, unsigned int port_idx);

// Open the port if its device is there again. Tries again at a later call when that fails.
void jn_port_bring_back(struct jn_app *app, unsigned int port_idx);
