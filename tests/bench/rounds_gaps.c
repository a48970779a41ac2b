// SPDX-License-Identifier: BSD-3-Clause
#include "rounds_gaps.h"

#include <sched.h>
#include <stdlib.h>

#include <rte_cycles.h>

#include "bench.h"
#include "clock_read.h"

enum { IDLE, BEGINS, RUNS, ENDS };
enum { CLOCKS_US = 5 }; // what both clocks may differ by without that the core was taken away

void
rounds_polled(struct rounds_gaps *gaps) {
    int records = __atomic_load_n(&gaps->records, __ATOMIC_ACQUIRE);
    if (records == IDLE)
        return;
    uint64_t tsc = rte_rdtsc(), cpu_ns = jn_clock_read(CLOCK_THREAD_CPUTIME_ID);
    if (records == RUNS && gaps->count < ROUNDS_MOST) {
        uint64_t gone_ns = (uint64_t)((double)(tsc - gaps->tsc) * 1e9 / (double)rte_get_tsc_hz());
        gaps->ns[gaps->count++] = (uint32_t)(cpu_ns - gaps->cpu_ns);
        gaps->taken += gone_ns > cpu_ns - gaps->cpu_ns + CLOCKS_US * 1000;
    }
    gaps->tsc = tsc;
    gaps->cpu_ns = cpu_ns;
    if (records != RUNS) // the first poll is where the first round begins
        __atomic_store_n(&gaps->records, records == BEGINS ? RUNS : IDLE, __ATOMIC_RELEASE);
}

static void
wait_for(struct rounds_gaps *gaps, int what, int done) {
    __atomic_store_n(&gaps->records, what, __ATOMIC_RELEASE);
    while (__atomic_load_n(&gaps->records, __ATOMIC_ACQUIRE) != done)
        sched_yield();
}

void
rounds_begin(struct rounds_gaps *gaps) {
    if (gaps->ns == NULL)
        gaps->ns = calloc(ROUNDS_MOST, sizeof(*gaps->ns));
    for (uint32_t i = 0; i < ROUNDS_MOST; i += 1024)
        __atomic_store_n(&gaps->ns[i], 0, __ATOMIC_RELAXED); // a page fault would be measured
    gaps->count = gaps->taken = 0;
    wait_for(gaps, BEGINS, RUNS);
}

void
rounds_end(struct rounds_gaps *gaps) {
    wait_for(gaps, ENDS, IDLE);
}

struct rounds_figures
rounds_figures(struct rounds_gaps *gaps) {
    if (gaps->count == 0)
        return (struct rounds_figures){0};
    qsort(gaps->ns, gaps->count, sizeof(*gaps->ns), bench_ascending);
    return (struct rounds_figures){.p50_us = gaps->ns[gaps->count / 2] / 1e3,
                                   .p999_us = gaps->ns[(uint64_t)gaps->count * 999 / 1000] / 1e3,
                                   .longest_us = gaps->ns[gaps->count - 1] / 1e3};
}
