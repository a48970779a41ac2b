// SPDX-License-Identifier: BSD-3-Clause
#include "flow/interval.h"

#include "flow/sweep.h"
#include "flow/unreported.h"

#define DELAY_NS UINT64_C(20000000) // a boundary that waits for less is not looked at

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
    jn_unreported_note_intervals(worker->flow);
}

static void
take_plans(struct jn_flow_state *flow) {
    struct jn_interval *interval = &flow->interval;
    interval->edition = jn_interval_clock_take(interval->clock, &interval->plans);
    if (interval->plans.force.number == 0)
        interval->plans.force = jn_interval_plan_alone(1, 0, 0);
    if (interval->current.number != 0)
        take_end(interval);
    jn_unreported_note_intervals(flow);
}

// From here on every delta begun before belongs to the closed interval.
static void
close_interval(struct jn_worker *worker) {
    struct jn_interval *interval = &worker->flow->interval;
    interval->closed = interval->current;
    interval->number++;
    jn_sweep_close_interval(worker);
    jn_unreported_note_intervals(worker->flow);
}

// A capture may be silent for decades: its intervals are counted as they come, so that a record has room for the number.
static void
number_alone(struct jn_interval *interval, struct jn_interval_bounds *bounds) {
    bounds->number = interval->current.number + 1;
    interval->plans.force = (struct jn_interval_plan){.number = bounds->number,
                                                      .start = bounds->start,
                                                      .end = bounds->end,
                                                      .wall_start = bounds->wall_start,
                                                      .wall_end = bounds->wall_end,
                                                      .length = interval->plans.force.length};
}

static void
pass_boundary(struct jn_worker *worker) {
    struct jn_interval *interval = &worker->flow->interval;
    struct jn_interval_plans *plans = &interval->plans;
    uint64_t marks = interval->delayed ? JN_INTERVAL_DELAYED : 0;
    interval->delayed = false;
    if (interval->current.number == 0)
        return; // before the first policy
    if (plans->next.number != 0 && worker->now_ns >= plans->next.start)
        *plans = (struct jn_interval_plans){.force = plans->next};
    struct jn_interval_bounds bounds = jn_interval_plan_at(&plans->force, worker->now_ns);
    if (bounds.number <= interval->current.number) {
        take_end(interval);
        jn_unreported_note_intervals(worker->flow);
        return;
    }
    if (interval->clock == NULL)
        number_alone(interval, &bounds);
    interval->current.marks |= marks;
    bounds.marks |= marks;
    close_interval(worker);
    begin_interval(worker, &bounds);
}

// A sweep that is under way belongs to the interval before, or to the one that ends here: the boundary waits for it.
static void
reach_boundary(struct jn_worker *worker) {
    struct jn_interval *interval = &worker->flow->interval;
    if (worker->flow->sweep.part == JN_SWEEP_NONE)
        pass_boundary(worker);
    else
        interval->delayed |= worker->now_ns - interval->current.end >= DELAY_NS;
}

void
jn_interval_advance(struct jn_worker *worker) {
    struct jn_interval *interval = &worker->flow->interval;
    struct jn_sweep *sweep = &worker->flow->sweep;
    sweep->left = jn_flows_a_round(worker);
    if (interval->clock != NULL && jn_interval_clock_is_new(interval->clock, interval->edition))
        take_plans(worker->flow);
    if (worker->now_ns >= interval->current.end)
        reach_boundary(worker);
    if (sweep->at_once)
        jn_sweep_finish(worker);
    else
        jn_sweep_run(worker);
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
        take_plans(worker->flow);
    if (interval->current.number == 0 || interval->current.wall_end == 0) {
        struct jn_interval_bounds bounds = jn_interval_plan_at(&interval->plans.force, worker->now_ns);
        begin_interval(worker, &bounds);
    } else {
        take_end(interval);
        jn_unreported_note_intervals(worker->flow);
    }
}

void
jn_interval_stop(struct jn_worker *worker) {
    const struct jn_interval *interval = &worker->flow->interval;
    struct jn_interval_bounds *current = &worker->flow->interval.current;
    if (interval->clock == NULL || current->wall_end == 0)
        return;
    current->end = UINT64_MAX;
    current->marks |= JN_INTERVAL_LAST;
    jn_unreported_note_intervals(worker->flow);
}

void
jn_interval_finish(struct jn_worker *worker) {
    close_interval(worker);
    jn_sweep_finish(worker);
}
