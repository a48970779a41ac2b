// SPDX-License-Identifier: BSD-3-Clause
// For tests with real threads, run under ThreadSanitizer (`make tsan`), which fails a program that has a data race.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

// In a thread of its own, where cmocka's assertions cannot be used.
#define must(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                              \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static inline pthread_t
begin_thread(void *(*body)(void *), void *argument) {
    pthread_t thread;
    must(pthread_create(&thread, NULL, body, argument) == 0);
    return thread;
}

static inline void
join_thread(pthread_t thread) {
    must(pthread_join(thread, NULL) == 0);
}

// Zeroed, aligned as a mapped region is.
static inline void *
region_memory(size_t size) {
    void *memory = aligned_alloc(64, (size + 63) / 64 * 64);
    must(memory != NULL);
    return memset(memory, 0, size);
}
