// SPDX-License-Identifier: BSD-3-Clause
// A dataplane that was killed, or aborted, left its regions behind. Before they are made anew, what it had counted and no
// record says becomes records in its own rings (flow/salvage.h), whatever number of workers and sizes it had. Then its
// stream has an end, and junction-export takes it for complete.
#pragma once

#include <stdbool.h>

#include "writer.h"

// Become the writer, so that nothing is salvaged of one that lives. NULL when that cannot be: making the regions says why.
struct jn_life *jn_former_life_take(const char *instance);

// Says in the log what came of it. Nothing happens when there is nothing, or it was done already. exporter: one runs, and
// makes room in the rings. Main thread, before the regions are made.
void jn_former_life_report(const char *instance, const struct jn_life *life, bool exporter);
