// SPDX-License-Identifier: BSD-3-Clause
#include "flow/interval_clock.h"

#include "contract.h"
#include "flow_words.h"
#include "seqlock.h"

#define STEP_NS      INT64_C(1000000000) // the wall clock was set by more: the interval ends at once
#define TOLERANCE_NS INT64_C(2000000)    // by less than that: not looked at
#define AHEAD_NS     UINT64_C(20000000)  // a plan begins no sooner after it was announced
#define SHORTEST_NS  UINT64_C(100000000) // a first interval that would be shorter takes the next one in

struct jn_interval_bounds
jn_interval_plan_number(const struct jn_interval_plan *plan, uint64_t number) {
    jn_require(number >= plan->number && (plan->length != 0 || number == plan->number));
    if (number == plan->number)
        return (struct jn_interval_bounds){plan->number,     plan->start,    plan->end,
                                           plan->wall_start, plan->wall_end, plan->marks};
    uint64_t since_end = (number - plan->number - 1) * plan->length;
    return (struct jn_interval_bounds){.number = number,
                                       .start = plan->end + since_end,
                                       .end = plan->end + since_end + plan->length,
                                       .wall_start = plan->wall_end + since_end,
                                       .wall_end = plan->wall_end + since_end + plan->length};
}

struct jn_interval_bounds
jn_interval_plan_at(const struct jn_interval_plan *plan, uint64_t now_ns) {
    uint64_t after = now_ns < plan->end || plan->length == 0 ? 0 : 1 + (now_ns - plan->end) / plan->length;
    return jn_interval_plan_number(plan, plan->number + after);
}

struct jn_interval_plan
jn_interval_plan_alone(uint64_t number, uint64_t now_ns, uint64_t length_ns) {
    if (length_ns == 0)
        return (struct jn_interval_plan){.number = number, .end = UINT64_MAX};
    uint64_t start = now_ns - now_ns % length_ns, end = start + length_ns;
    return (struct jn_interval_plan){
        .number = number, .start = start, .end = end, .wall_start = start, .wall_end = end, .length = length_ns};
}

// The first interval begins at `start`, where the wall clock says wall_start, and ends at a multiple of the length.
static struct jn_interval_plan
make_plan(uint64_t number, uint64_t start, uint64_t wall_start, uint64_t length) {
    uint64_t wall_end = wall_start - wall_start % length + length;
    if (wall_end - wall_start < SHORTEST_NS && length > SHORTEST_NS)
        wall_end += length;
    return (struct jn_interval_plan){.number = number,
                                     .start = start,
                                     .end = start + (wall_end - wall_start),
                                     .wall_start = wall_start,
                                     .wall_end = wall_end,
                                     .length = length};
}

static void
announce(struct jn_interval_clock *clock) {
    unsigned int next = clock->edition + 1;
    jn_seq_store(&clock->shared[next & 1], &clock->newest, sizeof(clock->newest));
    __atomic_store_n(&clock->edition, next, __ATOMIC_RELEASE);
}

unsigned int
jn_interval_clock_take(const struct jn_interval_clock *clock, struct jn_interval_plans *plans) {
    unsigned int edition;
    do { // again when a later one may have begun to write over this one
        edition = __atomic_load_n(&clock->edition, __ATOMIC_ACQUIRE);
        jn_seq_load(plans, &clock->shared[edition & 1], sizeof(*plans));
    } while (__atomic_load_n(&clock->edition, __ATOMIC_RELAXED) != edition);
    return edition;
}

static int64_t
offset_of(const struct jn_interval_plan *plan) {
    return (int64_t)(plan->wall_start - plan->start);
}

// The interval that the workers are in, as it was planned before what is announced, if anything is.
static struct jn_interval_bounds
current_interval(const struct jn_interval_plans *plans, uint64_t now) {
    struct jn_interval_bounds current = jn_interval_plan_at(&plans->force, now);
    if (plans->next.number != 0 && current.number >= plans->next.number)
        current = jn_interval_plan_number(&plans->force, plans->next.number - 1);
    return current;
}

// Ends the current interval at once: the wall clock was set by `by`.
static struct jn_interval_plan
plan_step(const struct jn_interval_bounds *current, uint64_t now, int64_t offset, uint64_t length) {
    uint64_t start = now + AHEAD_NS;
    struct jn_interval_plan plan = make_plan(current->number + 1, start, start + (uint64_t)offset, length);
    plan.wall_before = start + (current->wall_start - current->start);
    plan.marks_before = plan.marks = JN_INTERVAL_CLOCK_STEP;
    return plan;
}

// Ends the current interval at its multiple of the length, where the wall clock has that now.
static struct jn_interval_plan
plan_boundary(const struct jn_interval_bounds *current, uint64_t now, int64_t offset, uint64_t length) {
    uint64_t start = current->wall_end - (uint64_t)offset, soonest = now + AHEAD_NS;
    if ((int64_t)(soonest - start) > 0)
        start = soonest; // it has passed already
    struct jn_interval_plan plan = make_plan(current->number + 1, start, start + (uint64_t)offset, length);
    plan.wall_before = current->wall_end;
    if (start != current->end)
        plan.marks_before = JN_INTERVAL_CLOCK_ADJUSTED;
    return plan;
}

int64_t
jn_interval_clock_run(struct jn_interval_clock *clock, uint64_t now_ns, uint64_t wall_ns, uint64_t length_ns) {
    struct jn_interval_plans *plans = &clock->newest;
    int64_t offset = (int64_t)(wall_ns - now_ns);
    if (length_ns == 0)
        return 0;
    if (plans->force.number == 0) {
        plans->force = make_plan(1, now_ns, wall_ns, length_ns);
        plans->force.marks = plans->force.wall_end - wall_ns == length_ns ? 0 : JN_INTERVAL_FIRST;
        announce(clock);
        return 0;
    }
    if (plans->next.number != 0 && now_ns >= plans->next.start)
        *plans = (struct jn_interval_plans){.force = plans->next};
    const struct jn_interval_plan *newest = plans->next.number != 0 ? &plans->next : &plans->force;
    int64_t by = offset - offset_of(newest);
    bool step = by > STEP_NS || by<-STEP_NS, adjusted = by> TOLERANCE_NS || by < -TOLERANCE_NS;
    if (!adjusted && newest->length == length_ns)
        return 0;
    struct jn_interval_bounds current = current_interval(plans, now_ns);
    uint64_t end = plans->next.number != 0 ? plans->next.start : current.end;
    if (end < now_ns + AHEAD_NS)
        return 0; // first that end
    if (!adjusted)
        offset = offset_of(newest);
    plans->next =
        step ? plan_step(&current, now_ns, offset, length_ns) : plan_boundary(&current, now_ns, offset, length_ns);
    if (plans->next.wall_end - plans->next.wall_start != length_ns)
        plans->next.marks |= newest->length != length_ns ? JN_INTERVAL_LENGTH_CHANGED : plans->next.marks_before;
    announce(clock);
    return step ? by : 0;
}
