// SPDX-License-Identifier: BSD-3-Clause
#include "flow/interval.h"

#include <stddef.h>
#include <string.h>

#include "flow/flow_end.h"
#include "flow/flow_record.h"
#include "flow/fragment_orphan.h"
#include "policy/ruleset.h"

enum { ENTRIES_A_ROUND = 64 };
#define SWITCH_DELAY_NS UINT64_C(1000000000)
_Static_assert(offsetof(struct jn_vpg_counters, size_max) == (JN_VPG_COUNTER_COUNT - 1) * sizeof(uint64_t),
               "the last of the list");

// Differences since the interval began; the maximum starts anew.
static void
set_aside(struct jn_worker *worker, uint16_t vpg_idx) {
    struct jn_vpg_counters *counters = &worker->vpg_counters[vpg_idx];
    struct jn_worker_vpg *vpg = &worker->flow->vpgs[vpg_idx];
    const uint64_t *now = (const uint64_t *)counters, *before = (const uint64_t *)&vpg->at_start;
    for (unsigned int i = 0; i < JN_VPG_COUNTER_COUNT; i++)
        vpg->closed[i] = now[i] - before[i];
    vpg->closed[JN_VPG_COUNTER_COUNT - 1] = counters->size_max;
    jn_store(&counters->size_max, 0);
    vpg->at_start = *counters;
}

static void
write_vpg(struct jn_worker *worker, uint16_t vpg_idx) {
    uint64_t *closed = worker->flow->vpgs[vpg_idx].closed;
    if (closed[0] == 0) // total_packets comes first
        return;
    jn_record_write_vpg(worker, vpg_idx);
    if (worker->flow->vpgs[vpg_idx].last_known)
        jn_record_write_last(worker, vpg_idx);
    memset(closed, 0, sizeof(worker->flow->vpgs[vpg_idx].closed));
}

static void
write_end(struct jn_worker *worker) {
    for (uint32_t vpg_idx = 0; vpg_idx < worker->flow->vpg_used; vpg_idx++)
        write_vpg(worker, (uint16_t)vpg_idx);
    jn_record_write_interval_end(worker);
    worker->flow->interval.closing = false;
}

static void
close_entries(struct jn_worker *worker, uint32_t budget) {
    struct jn_interval *interval = &worker->flow->interval;
    uint32_t end = worker->flow->table.header->high_water;
    for (; budget > 0 && interval->cursor < end; budget--, interval->cursor++) {
        struct jn_flow_entry *entry = &worker->flow->table.entries[interval->cursor];
        // What this reports starts its new delta with its next packet, which finds the old number and sets it.
        if (entry->key1 != 0 && entry->current.interval != interval->number)
            jn_record_write_flow(worker, entry, JN_END_ACTIVE);
    }
    if (interval->cursor >= end)
        write_end(worker);
}

static void
begin_interval(struct jn_interval *interval, uint64_t now_ns) {
    uint64_t aligned = interval->length_ns == 0 ? 0 : now_ns - now_ns % interval->length_ns;
    // After a change of length the first is shorter: intervals never overlap.
    interval->start = aligned < interval->end ? interval->end : aligned;
    interval->end = aligned + interval->length_ns;
}

// What is still on account belongs to the interval that ends, also in its time stamps.
static void
flush_orphans(struct jn_worker *worker) {
    const struct jn_interval *interval = &worker->flow->interval;
    uint64_t now_ns = worker->now_ns;
    if (interval->length_ns != 0 && now_ns >= interval->end)
        worker->now_ns = interval->end - 1;
    jn_orphan_flush(worker);
    worker->now_ns = now_ns;
}

// From here on every delta begun before belongs to the closed interval.
static void
close_interval(struct jn_worker *worker) {
    struct jn_interval *interval = &worker->flow->interval;
    if (interval->closing)
        close_entries(worker, UINT32_MAX);
    flush_orphans(worker);
    for (uint32_t vpg_idx = 0; vpg_idx < worker->flow->vpg_used; vpg_idx++)
        if (worker->flow->vpgs[vpg_idx].id[0] != '\0')
            set_aside(worker, (uint16_t)vpg_idx);
    interval->closed_start = interval->start;
    interval->closed_end = interval->end;
    interval->number++;
    interval->cursor = 0;
    interval->closing = true;
}

void
jn_interval_advance(struct jn_worker *worker) {
    struct jn_interval *interval = &worker->flow->interval;
    if (interval->length_ns != 0 && worker->now_ns >= interval->end) {
        if (interval->end != 0)
            close_interval(worker);
        if (interval->end >= interval->switch_ns)
            interval->length_ns = interval->next_length_ns;
        begin_interval(interval, worker->now_ns);
    }
    if (interval->closing)
        close_entries(worker, ENTRIES_A_ROUND);
}

void
jn_interval_set_length(struct jn_worker *worker, uint64_t length_ns) {
    struct jn_interval *interval = &worker->flow->interval;
    // From none to some: what was counted so far goes into the first.
    if (interval->length_ns == 0 && length_ns != 0) {
        interval->length_ns = length_ns;
        begin_interval(interval, worker->now_ns);
    }
    // Workers take a policy at slightly different times, perhaps on either side of a boundary. A boundary well after the
    // policy was made finds all of them with it.
    if (interval->next_length_ns == length_ns)
        return;
    interval->next_length_ns = length_ns;
    interval->switch_ns =
        worker->rules != NULL && worker->rules->made_ns != 0 ? worker->rules->made_ns + SWITCH_DELAY_NS : 0;
}

void
jn_interval_detach_vpg(struct jn_worker *worker, uint16_t vpg_idx) {
    struct jn_interval *interval = &worker->flow->interval;
    if (interval->closing)
        close_entries(worker, UINT32_MAX);
    for (uint32_t n = 0; n < worker->flow->table.header->high_water; n++) {
        struct jn_flow_entry *entry = &worker->flow->table.entries[n];
        if (entry->key1 != 0 && jn_flow_vpg(entry) == vpg_idx)
            jn_flow_end(worker, n, JN_END_FORCED);
    }
    set_aside(worker, vpg_idx);
    interval->closed_start = interval->start;
    interval->closed_end = interval->end;
    write_vpg(worker, vpg_idx);
}

void
jn_interval_finish(struct jn_worker *worker) {
    close_interval(worker);
    close_entries(worker, UINT32_MAX);
}
