// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/burst.h"
#include "core/worker.h"

// Stage: what a rule drops ends here; everything else leaves by the other port of its wire, as it came.
void jn_stage_forward(struct jn_worker *worker, struct jn_burst *burst);
