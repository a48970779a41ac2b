// SPDX-License-Identifier: BSD-3-Clause
// Epoch time for the workers without a system call: the main thread notes time and time-stamp counter together, often;
// workers add the cycles since.
#pragma once

#include <stdint.h>
#include <time.h>

#include <rte_cycles.h>

#include "seqlock.h"

struct jn_clock {
    uint64_t ns_per_cycle; // in parts of 2^-32; set once, before any worker runs
    struct jn_clock_mark {
        uint64_t tsc, ns;
    } mark[2];          // Writer: main thread, the one not in use
    unsigned int notes; // number of the newest; its lowest bit says which mark is in use
};

// Main thread: note the time, which is returned. Called again well before the cycles since overflow 64 bits of parts.
static inline uint64_t
jn_clock_note(struct jn_clock *clock) {
    struct timespec now;
    unsigned int next = clock->notes + 1;
    if (clock->ns_per_cycle == 0)
        clock->ns_per_cycle = (UINT64_C(1000000000) << 32) / rte_get_tsc_hz();
    struct jn_clock_mark mark = {.tsc = rte_rdtsc()};
    clock_gettime(CLOCK_REALTIME, &now);
    mark.ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    jn_seq_store(&clock->mark[next & 1], &mark, sizeof(mark));
    __atomic_store_n(&clock->notes, next, __ATOMIC_RELEASE);
    return mark.ns;
}

// Any thread: nanoseconds of so many cycles.
static inline uint64_t
jn_clock_ns(const struct jn_clock *clock, uint64_t cycles) {
    return (uint64_t)(((unsigned __int128)cycles * clock->ns_per_cycle) >> 32);
}

// Any thread: epoch nanoseconds at that reading of the time-stamp counter.
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
