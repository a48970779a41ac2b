// SPDX-License-Identifier: BSD-3-Clause
// How long a worker was away from a queue, poll by poll, in CPU time of its thread: what a process or another guest of the
// same machine took away meanwhile is not counted, and told apart.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { ROUNDS_MOST = 1 << 20 };

struct rounds_gaps {
    uint32_t *ns;          // ROUNDS_MOST of them
    uint32_t count, taken; // rounds; of these such that the core was taken away from
    uint64_t cpu_ns, tsc;  // of the last poll
    int records;           // what is asked for, then what is: whoever measures asks, and the worker's thread answers
};

struct rounds_figures {
    double p50_us, p999_us, longest_us;
};

// The worker's thread polls the queue that is looked at.
void rounds_polled(struct rounds_gaps *gaps);

// From now on, or no more. Whoever measures: waits for the worker's next poll.
void rounds_begin(struct rounds_gaps *gaps);
void rounds_end(struct rounds_gaps *gaps);

// Sorts what was recorded.
struct rounds_figures rounds_figures(struct rounds_gaps *gaps);
