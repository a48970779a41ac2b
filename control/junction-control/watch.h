// SPDX-License-Identifier: BSD-3-Clause
// The dataplane, as junction-control sees it come and go.
#pragma once

#include "control.h"

// Which keys of the file wait for a restart of the dataplane: false and "" when none.
bool control_restart_needed(struct control *control, char *paths, size_t size);

// Look at the dataplane now and then: say when it came, went, or refused the policy.
void control_watch(struct control *control);
