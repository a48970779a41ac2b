// SPDX-License-Identifier: BSD-3-Clause
// How frames are dealt out to workers: one function for all wires (packet/owner.h), which devices are told to compute, too.
// What they do is read back where it can be, and else seen from what workers count. Software hands over whatever comes by
// another worker's queue. Main thread only.
#pragma once

#include "worker/app.h"

// Once all ports are open and before the workers start: choose the function, and have every device deal out by it. The
// devices' hash is taken where there is one; the smallest table of all is everybody's, so that NICs of different models agree.
void jn_ports_deal(struct jn_app *app);

// The same for a port that has returned: the function stays.
void jn_port_deal(struct jn_app *app, unsigned int port_idx);

// Does the device spread frames as it says? Warns when it begins not to, and when it does again.
void jn_port_watch_deal(struct jn_app *app, unsigned int port_idx);
