// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/burst.h"
#include "core/worker.h"

// Stage: what each packet of the burst is, by its bytes alone.
void jn_stage_parse(struct jn_worker *worker, struct jn_burst *burst);
