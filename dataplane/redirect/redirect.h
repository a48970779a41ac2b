// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/burst.h"
#include "core/worker.h"

// Stage: packets of flows to be redirected leave through the gateway, those of devices to hosts of the virtual network go
// there directly. What cannot be redirected is treated as on_failure says.
void jn_stage_redirect(struct jn_worker *worker, struct jn_burst *burst);
