// SPDX-License-Identifier: BSD-3-Clause
// Every interleaving, by a scheduler of our own over the product's own code: that is compiled as for ThreadSanitizer, so
// that the compiler calls us before each access to memory; model.c answers in the sanitizer's place. Each access to what a
// model watches is a step before which any other thread may run, or the thread may die, for good, as a killed process.
// All schedules are tried, one after the other from the beginning; one that comes to a state seen before ends there.
//
// Covered: all interleavings of accesses that take effect in program order, and every death. Not covered: what a compiler or
// a processor reorders where an acquire or a release is missing; that is ThreadSanitizer's part (tests/tsan).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODEL_THREADS = 4 };

struct model_thread {
    const char *name;
    void (*body)(void);
    bool mortal;       // may die before any step
    const char *after; // begins when that one has ended or died; NULL: at once
};

struct model {
    const char *name;
    void (*setup)(void); // lays out the memory, and says what is shared and watched
    struct model_thread threads[MODEL_THREADS];
    void (*check)(void); // at the end of each schedule
};

// In setup. All that threads have in common and that changes, also what they note for the check, is shared: it is part of
// a state, in words of eight bytes. Accesses to what is watched, a part of that, are steps.
void model_share(void *start, size_t size);
void model_watch(const void *start, size_t size);

// In bodies and checks.
#define model_require(condition)                                                                                       \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            model_fail(__FILE__, __LINE__, #condition);                                                                \
    } while (0)
void model_fail(const char *file, int line, const char *what) __attribute__((noreturn));
bool model_died(const char *thread);

// For the product's malloc and free, so that a thread's memory is part of its state, and at the same place each time.
void *model_malloc(size_t size);
void model_free(void *block);

// Try all. Exits with 1 when something required does not hold, or somebody waits for ever, and shows the schedule.
void model_run(const struct model *model);
