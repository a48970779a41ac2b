// SPDX-License-Identifier: BSD-3-Clause
// When intervals begin and end: one plan for all workers, made by the main thread. Bounds are of the workers' time
// (core/clock.h), which nobody can set; beside them stands what the wall clock says there, for records. An interval ends
// at multiples of its length since the epoch by the wall clock. When somebody sets that clock by more than a second, the
// interval ends at once; by less, its end is moved to where the multiple is now. A plan is announced before it begins, so
// that every worker has it by then. Should one have it too late, numbers still agree, and with them all sums.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// The intervals from one on.
struct jn_interval_plan {
    uint64_t number;               // of the first of them, from 1 on; 0: no plan
    uint64_t start, end;           // of the first: workers' time. end: UINT64_MAX without bounds
    uint64_t wall_start, wall_end; // of the first: wall clock, epoch ns; 0 without bounds
    uint64_t wall_before;          // where the one before the first ends, by the wall clock as it was then
    uint64_t length;               // of all further ones; 0 without bounds
    uint64_t marks_before, marks;  // enum jn_interval_marks: of the one before the first, and of the first
};

struct jn_interval_plans {
    struct jn_interval_plan force, next; // next: its number is 0 when none was announced
};

// Written by the main thread, or who stands for it in a test.
struct jn_interval_clock {
    struct jn_interval_plans newest;    // its own
    struct jn_interval_plans shared[2]; // for workers: the one not in use is written
    unsigned int edition;               // number of the newest; its lowest bit says which is in use. 0: none
};

// One interval. Offset from the workers' time to the wall clock's: wall_start - start.
struct jn_interval_bounds {
    uint64_t number, start, end, wall_start, wall_end, marks;
};

// Main thread, at least every 50 ms and before a policy comes into force. now_ns: workers' time; wall_ns: the wall clock at
// the same moment; length_ns: that the policy in force wants, 0 when there is none. Returns by how many ns the wall clock
// was set since the last call, when that ends the interval; else 0.
int64_t jn_interval_clock_run(struct jn_interval_clock *clock, uint64_t now_ns, uint64_t wall_ns, uint64_t length_ns);

// Worker: has anything been announced since that edition? Once a round.
static inline bool
jn_interval_clock_is_new(const struct jn_interval_clock *clock, unsigned int edition) {
    return __builtin_expect(__atomic_load_n(&clock->edition, __ATOMIC_RELAXED) != edition, 0);
}

// Worker: copy the newest edition. Returns its number.
unsigned int jn_interval_clock_take(const struct jn_interval_clock *clock, struct jn_interval_plans *plans);

// A plan whose wall clock is the workers' time, as a capture's is: the first interval begins at a multiple, before
// `now_ns`. length_ns 0: one interval without bounds.
struct jn_interval_plan jn_interval_plan_alone(uint64_t number, uint64_t now_ns, uint64_t length_ns);

// The interval of that time, or of that number, which the plan must have.
struct jn_interval_bounds jn_interval_plan_at(const struct jn_interval_plan *plan, uint64_t now_ns);
struct jn_interval_bounds jn_interval_plan_number(const struct jn_interval_plan *plan, uint64_t number);
