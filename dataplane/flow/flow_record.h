// SPDX-License-Identifier: BSD-3-Clause
// What a worker writes into its record ring.
#pragma once

#include "flow/flow_state.h"

// How often a worker that may wait for room does in all, 0.2 ms each: 15 s.
enum { JN_RECORD_WAITS_MOST = 75000 };

// Write the flow's delta as a record, and clear it. Nothing is written for a delta of no packets, or of a flow that is
// not inspected. The flow stays.
void jn_record_write_flow(struct jn_worker *worker, struct jn_flow_entry *entry, enum jn_end_reason reason);

// Would that write a record?
bool jn_record_is_due(const struct jn_worker *worker, const struct jn_flow_entry *entry);

// Clear the delta alone: it is in a record already, or counted as lost.
void jn_record_clear_flow(struct jn_worker *worker, struct jn_flow_entry *entry);

// A record of packets that stand in no table: an entry of the caller's, of no copies.
void jn_record_write_apart(struct jn_worker *worker, const struct jn_flow_entry *entry, enum jn_end_reason reason);

// Is the ring less than three quarters full? The rest is for what packets themselves write.
bool jn_record_has_room(struct jn_worker *worker);

// A VPG's differences over the interval being closed, or (closed: false) over what has passed of the current one; in a
// replay without intervals when its last packet came; then the interval's end; then, once, the end of all.
void jn_record_write_vpg(struct jn_worker *worker, const char id[JN_VPG_ID_MAX],
                         const uint64_t counters[JN_VPG_COUNTER_COUNT], bool closed);
void jn_record_write_last(struct jn_worker *worker, const char id[JN_VPG_ID_MAX], uint64_t last_ns);
void jn_record_write_interval_end(struct jn_worker *worker);
void jn_record_write_end_of_stream(struct jn_worker *worker);
