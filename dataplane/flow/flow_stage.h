// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/burst.h"
#include "core/worker.h"

// Stage: every IP packet of a VPG finds or begins its flow, and is counted there. The verdict is the flow's.
void jn_stage_flow(struct jn_worker *worker, struct jn_burst *burst);
