// SPDX-License-Identifier: BSD-3-Clause
// The workers' time, without a system call: the main thread notes the steady clock and the time-stamp counter together,
// often; workers add the cycles since. It runs from epoch time at the process's start, and nobody can set it: what the
// wall clock says instead is known of each interval (flow/interval_clock.h).
#pragma once

#include <stdint.h>

#include <rte_cycles.h>

#include "clock_read.h"
#include "seqlock.h"

struct jn_clock {
    uint64_t ns_per_cycle; // in parts of 2^-32; set once, before any worker runs
    uint64_t base_ns;      // epoch time when CLOCK_MONOTONIC was 0, as the wall clock had it at the first note
    struct jn_clock_mark {
        uint64_t tsc, ns;
    } mark[2];          // Writer: main thread, the one not in use
    unsigned int notes; // number of the newest; its lowest bit says which mark is in use
};

// One moment by both clocks, epoch ns.
struct jn_clock_reading {
    uint64_t now_ns, wall_ns;
};

// Main thread: note the time, which is returned. Called again well before the cycles since overflow 64 bits of parts.
// Between two readings the thread may have lost its core: of several tries the shortest counts.
static inline struct jn_clock_reading
jn_clock_note(struct jn_clock *clock) {
    enum { TRIES = 8, SHORT_CYCLES = 20000 };
    struct jn_clock_mark mark = {0};
    struct jn_clock_reading reading = {0};
    unsigned int next = clock->notes + 1;
    uint64_t shortest = UINT64_MAX;
    for (int i = 0; i < TRIES && shortest > SHORT_CYCLES; i++) {
        uint64_t before = rte_rdtsc(), steady = jn_clock_read(CLOCK_MONOTONIC), wall = jn_clock_read(CLOCK_REALTIME),
                 cycles = rte_rdtsc() - before;
        if (cycles >= shortest)
            continue;
        shortest = cycles;
        mark = (struct jn_clock_mark){before + cycles / 2, steady};
        reading.wall_ns = wall;
    }
    if (clock->ns_per_cycle == 0) {
        clock->ns_per_cycle = (UINT64_C(1000000000) << 32) / rte_get_tsc_hz();
        clock->base_ns = reading.wall_ns - mark.ns;
    }
    mark.ns += clock->base_ns;
    reading.now_ns = mark.ns;
    jn_seq_store(&clock->mark[next & 1], &mark, sizeof(mark));
    __atomic_store_n(&clock->notes, next, __ATOMIC_RELEASE);
    return reading;
}

// Any thread: nanoseconds of so many cycles.
static inline uint64_t
jn_clock_ns(const struct jn_clock *clock, uint64_t cycles) {
    return (uint64_t)(((unsigned __int128)cycles * clock->ns_per_cycle) >> 32);
}

// Any thread: the workers' time at that reading of the time-stamp counter.
static inline uint64_t
jn_clock_at(const struct jn_clock *clock, uint64_t tsc) {
    struct jn_clock_mark mark;
    unsigned int note;
    do { // again when a later note may have begun to write over this one
        note = __atomic_load_n(&clock->notes, __ATOMIC_ACQUIRE);
        jn_seq_load(&mark, &clock->mark[note & 1], sizeof(mark));
    } while (__atomic_load_n(&clock->notes, __ATOMIC_RELAXED) != note);
    int64_t cycles = (int64_t)(tsc - mark.tsc);
    return mark.ns + (uint64_t)(int64_t)(((__int128)cycles * clock->ns_per_cycle) >> 32);
}
