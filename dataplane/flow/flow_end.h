// SPDX-License-Identifier: BSD-3-Clause
// The end of flows, whatever its reason: tcp_close.c and idle_expiry.c find most of those that end.
#pragma once

#include "flow/flow_state.h"

// Write the flow's last record; the flow leaves the table.
void jn_flow_end(struct jn_worker *worker, uint32_t flow_idx, enum jn_end_reason reason);

// End all flows: shutting down, or the end of a replay.
void jn_flow_end_all(struct jn_worker *worker);
