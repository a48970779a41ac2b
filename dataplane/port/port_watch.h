// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "worker/app.h"

// Main thread. Look at link and statistics of all ports, take away those whose device is gone, bring back those whose
// device returned.
void jn_port_watch(struct jn_app *app);
