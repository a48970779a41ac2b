// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/burst.h"
#include "core/worker.h"

// Stage: finish the checksums that a sender's kernel left to its network card (packet/unfinished.h), and count the frames at
// the port that they came in by. All that comes after, copies and changed packets, takes them for right. For ports whose
// frames a kernel hands over; the burst is parsed, which stays as it is, and its frames are this worker's alone.
void jn_stage_finish(struct jn_worker *worker, struct jn_burst *burst);
