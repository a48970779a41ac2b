// SPDX-License-Identifier: BSD-3-Clause
// Does a configuration fit the dataplane that runs?
#pragma once

#include "control.h"

// Wires and ports are named by number in a policy, and there is room for so many VPGs: those of the running dataplane, which
// it was started with. 0, also when none runs; or -1 with `failure` filled: it has to be restarted first. Main thread.
int control_check_numbers(struct control *control, const struct jn_config *config, struct failure *failure);
