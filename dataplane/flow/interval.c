// SPDX-License-Identifier: BSD-3-Clause
#include "flow/interval.h"

#include "flow/sweep.h"
#include "policy/ruleset.h"

#define SWITCH_DELAY_NS UINT64_C(1000000000)

static void
begin_interval(struct jn_interval *interval, uint64_t now_ns) {
    uint64_t aligned = interval->length_ns == 0 ? 0 : now_ns - now_ns % interval->length_ns;
    // After a change of length the first is shorter: intervals never overlap.
    interval->start = aligned < interval->end ? interval->end : aligned;
    interval->end = aligned + interval->length_ns;
}

// From here on every delta begun before belongs to the closed interval.
static void
close_interval(struct jn_worker *worker) {
    struct jn_interval *interval = &worker->flow->interval;
    interval->closed_start = interval->start;
    interval->closed_end = interval->end;
    interval->number++;
    jn_sweep_close_interval(worker);
}

// A sweep that is under way belongs to the interval before, or to the one that ends here: the boundary waits for it.
static void
pass_boundary(struct jn_worker *worker) {
    struct jn_interval *interval = &worker->flow->interval;
    if (interval->end != 0)
        close_interval(worker);
    if (interval->end >= interval->switch_ns)
        interval->length_ns = interval->next_length_ns;
    begin_interval(interval, worker->now_ns);
}

void
jn_interval_advance(struct jn_worker *worker) {
    struct jn_interval *interval = &worker->flow->interval;
    struct jn_sweep *sweep = &worker->flow->sweep;
    sweep->left = JN_FLOWS_A_ROUND;
    if (interval->length_ns != 0 && worker->now_ns >= interval->end && sweep->part == JN_SWEEP_NONE)
        pass_boundary(worker);
    if (sweep->at_once)
        jn_sweep_finish(worker);
    else
        jn_sweep_run(worker);
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
jn_interval_finish(struct jn_worker *worker) {
    close_interval(worker);
    jn_sweep_finish(worker);
}
