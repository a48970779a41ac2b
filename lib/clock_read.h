// SPDX-License-Identifier: BSD-3-Clause
// One reading of a clock.
#pragma once

#include <stdint.h>
#include <time.h>

// Nanoseconds of CLOCK_MONOTONIC, which nobody can set, of CLOCK_REALTIME since the epoch, or of another clock of
// clock_gettime(2). Any thread.
static inline uint64_t
jn_clock_read(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
