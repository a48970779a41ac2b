// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "worker/app.h"

// What became of the frames of a replay, on standard error: each counter that is not 0, by its name.
void jn_replay_report(const struct jn_app *app);
