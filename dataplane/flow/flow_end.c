// SPDX-License-Identifier: BSD-3-Clause
#include "flow/flow_end.h"

#include "flow/flow_record.h"
#include "flow/flow_sample.h"

void
jn_flow_end(struct jn_worker *worker, uint32_t flow_idx, enum jn_end_reason reason) {
    struct jn_flow_through *through = &worker->flow->through[flow_idx];
    jn_sample_end(worker, flow_idx);
    jn_record_write_flow(worker, &worker->flow->table.entries[flow_idx], reason);
    jn_application_forget(worker, flow_idx);
    if ((worker->flow->table.entries[flow_idx].flags & JN_FLOW_BESIDE) && (through->heard[0] | through->heard[1]) != 0)
        through->heard[0] = through->heard[1] = 0;
    jn_flow_table_remove(&worker->flow->table, flow_idx);
    worker->flow->evicted = true;
    jn_count(&worker->counters->flows_ended, 1);
}

void
jn_flow_end_all(struct jn_worker *worker) {
    for (uint32_t n = 0; n < worker->flow->table.header->high_water; n++) {
        const struct jn_flow_entry *entry = &worker->flow->table.entries[n];
        bool idle = worker->now_ns - entry->last_ns >= worker->flow->idle_timeout_ns;
        if (!jn_flow_is_free(entry))
            jn_flow_end(worker, n, jn_tcp_is_closed(entry) ? JN_END_DETECTED : idle ? JN_END_IDLE : JN_END_FORCED);
    }
}
