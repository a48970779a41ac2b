// SPDX-License-Identifier: BSD-3-Clause
// For tests with real threads, run under ThreadSanitizer (`make tsan`), which fails a program that has a data race.
#pragma once

#include <pthread.h>

#include "unit/test.h"

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
