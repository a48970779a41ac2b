// SPDX-License-Identifier: BSD-3-Clause
#include "flow/interval.h"

#include <stddef.h>
#include <string.h>

#include "flow/flow_end.h"
#include "flow/flow_record.h"
#include "flow/fragment_orphan.h"
#include "policy/ruleset.h"

enum { ENTRIES_A_ROUND = 64 };
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

// Until when the current interval lasts, as far as it is planned.
static void
take_end(struct jn_interval *interval) {
    struct jn_interval_bounds *current = &interval->current;
    const struct jn_interval_plan *force = &interval->plans.force, *next = &interval->plans.next;
    if (current->marks & JN_INTERVAL_LAST)
        return;
    if (current->number >= force->number) {
        struct jn_interval_bounds planned = jn_interval_plan_number(force, current->number);
        if (current->wall_end == 0) // it had no bounds: what was counted so far goes into the first that has
            *current = planned;
        current->end = planned.end;
        current->wall_end = planned.wall_end;
    }
    const struct jn_interval_plan *after = force->number > current->number ? force : next;
    if (after->number == current->number + 1) {
        current->end = after->start;
        current->wall_end = after->wall_before;
        current->marks |= after->marks_before;
    } else if (after->number != 0 && after->number <= current->number)
        current->end = after->start; // this worker heard of it too late: it is there already
    if (current->wall_end != 0 && current->wall_end <= current->wall_start)
        current->wall_end = current->wall_start + 1;
}

static void
begin_interval(struct jn_worker *worker, const struct jn_interval_bounds *bounds) {
    struct jn_interval *interval = &worker->flow->interval;
    interval->current = *bounds;
    interval->length_ns = interval->plans.force.length;
    take_end(interval);
    worker->wall_offset = interval->current.wall_start - interval->current.start;
}

static void
take_plans(struct jn_interval *interval) {
    interval->edition = jn_interval_clock_take(interval->clock, &interval->plans);
    if (interval->plans.force.number == 0)
        interval->plans.force = jn_interval_plan_alone(1, 0, 0);
    if (interval->current.number != 0)
        take_end(interval);
}

// What is still on account belongs to the interval that ends, also in its time stamps.
static void
flush_orphans(struct jn_worker *worker) {
    const struct jn_interval *interval = &worker->flow->interval;
    uint64_t now_ns = worker->now_ns;
    if (now_ns >= interval->current.end)
        worker->now_ns = interval->current.end - 1;
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
    interval->closed = interval->current;
    interval->number++;
    interval->cursor = 0;
    interval->closing = true;
}

static void
pass_boundary(struct jn_worker *worker) {
    struct jn_interval *interval = &worker->flow->interval;
    struct jn_interval_plans *plans = &interval->plans;
    if (interval->current.number == 0)
        return; // before the first policy
    if (plans->next.number != 0 && worker->now_ns >= plans->next.start)
        *plans = (struct jn_interval_plans){.force = plans->next};
    struct jn_interval_bounds bounds = jn_interval_plan_at(&plans->force, worker->now_ns);
    if (bounds.number <= interval->current.number) {
        take_end(interval);
        return;
    }
    close_interval(worker);
    begin_interval(worker, &bounds);
}

void
jn_interval_advance(struct jn_worker *worker) {
    struct jn_interval *interval = &worker->flow->interval;
    if (interval->clock != NULL && jn_interval_clock_is_new(interval->clock, interval->edition))
        take_plans(interval);
    if (worker->now_ns >= interval->current.end)
        pass_boundary(worker);
    if (interval->closing)
        close_entries(worker, ENTRIES_A_ROUND);
}

// Another length holds from the end of the current interval on; the first, at once.
static void
plan_alone(struct jn_interval *interval, uint64_t now_ns, uint64_t length_ns) {
    struct jn_interval_plans *plans = &interval->plans;
    const struct jn_interval_bounds *current = &interval->current;
    bool first = current->number == 0 || (plans->force.length == 0 && length_ns != 0);
    if (first) {
        *plans = (struct jn_interval_plans){.force = jn_interval_plan_alone(1, now_ns, length_ns)};
    } else if (length_ns != 0 && (plans->next.number != 0 ? plans->next.length : plans->force.length) != length_ns) {
        plans->next = jn_interval_plan_alone(current->number + 1, current->wall_end, length_ns);
        plans->next.start = plans->next.wall_start = plans->next.wall_before = current->wall_end;
    }
}

void
jn_interval_set_length(struct jn_worker *worker, uint64_t length_ns) {
    struct jn_interval *interval = &worker->flow->interval;
    if (interval->clock == NULL)
        plan_alone(interval, worker->now_ns, length_ns);
    else if (interval->current.number != 0)
        return; // it is announced by the clock
    else
        take_plans(interval);
    if (interval->current.number == 0 || interval->current.wall_end == 0) {
        struct jn_interval_bounds bounds = jn_interval_plan_at(&interval->plans.force, worker->now_ns);
        begin_interval(worker, &bounds);
    } else
        take_end(interval);
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
    interval->closed = interval->current;
    write_vpg(worker, vpg_idx);
}

void
jn_interval_stop(struct jn_worker *worker) {
    const struct jn_interval *interval = &worker->flow->interval;
    struct jn_interval_bounds *current = &worker->flow->interval.current;
    if (interval->clock == NULL || current->wall_end == 0)
        return;
    current->end = UINT64_MAX;
    current->marks |= JN_INTERVAL_LAST;
}

void
jn_interval_finish(struct jn_worker *worker) {
    close_interval(worker);
    close_entries(worker, UINT32_MAX);
}
