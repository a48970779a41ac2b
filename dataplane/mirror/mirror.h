// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/burst.h"
#include "core/worker.h"

// Stage: copies for the mirroring peers, made before the originals leave and sent after them. The original is only read.
void jn_stage_mirror(struct jn_worker *worker, struct jn_burst *burst);

// Between bursts: send the hold queues of peers whose next hop is resolved now; drop those that waited too long.
void jn_mirror_flush_hold_queues(struct jn_worker *worker);

// Between bursts, where a policy learns path MTUs: see to a few of the peers whose tunnel port this worker owns.
void jn_mirror_refresh_paths(struct jn_worker *worker);
