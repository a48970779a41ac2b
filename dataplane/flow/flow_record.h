// SPDX-License-Identifier: BSD-3-Clause
// What a worker writes into its record ring.
#pragma once

#include "flow/flow_state.h"

// Write the flow's delta as a record, and clear it. Nothing is written for a delta of no packets, or of a flow that is
// not inspected. The flow stays.
void jn_record_write_flow(struct jn_worker *worker, struct jn_flow_entry *entry, enum jn_end_reason reason);

// One VPG's differences over the interval being closed, and in a replay without intervals when its last packet came; then
// the interval's end; then, once, the end of all.
void jn_record_write_vpg(struct jn_worker *worker, uint16_t vpg_idx);
void jn_record_write_last(struct jn_worker *worker, uint16_t vpg_idx);
void jn_record_write_interval_end(struct jn_worker *worker);
void jn_record_write_end_of_stream(struct jn_worker *worker);
