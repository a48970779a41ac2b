// SPDX-License-Identifier: BSD-3-Clause
// A worker that does not come round any more, because a driver never returns or a core has stopped, is noticed by the main
// thread: said after a second, and after --hang-seconds the process ends itself, so that it is started again.
#pragma once

#include "worker/app.h"

// Main thread, several times a second, also while it waits for workers: look at all of them, and give a heartbeat of its own.
void jn_workers_watch(struct jn_app *app);
