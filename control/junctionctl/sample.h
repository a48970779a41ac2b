// SPDX-License-Identifier: BSD-3-Clause
// Private copies of the counters region: what was checked stays so, and two of them give rates.
#pragma once

#include "counters_view.h"
#include "policy.h"

struct sample {
    struct jn_counters_region *region; // a copy; free with sample_free
    unsigned int worker_count, port_count, wire_count;
    uint64_t monotonic_ns;
    bool alive; // the dataplane
};

// 0, or negative errno with a sentence in err.
int sample_take(struct sample *sample, const char *instance, char err[JN_ERR_MAX]);
void sample_free(struct sample *sample);

// Two, a fifth of a second apart, of one dataplane. With the second the first's `region` is freed when this fails.
int sample_pair(struct sample pair[2], const char *instance, char err[JN_ERR_MAX]);
void sample_pair_free(struct sample pair[2]);

// Per second, between two values of a counter. 0 when it went back.
double sample_rate(const struct sample pair[2], uint64_t before, uint64_t after);

// Room for a copy; NULL: no memory. Free with free.
void *sample_room(size_t size);

// Copy of a region that is being written, word by word, so that a counter is never seen half written. size: whole words.
void sample_copy(void *to, const void *region, size_t size);

uint64_t sample_now_ns(void); // CLOCK_REALTIME

// The policy that is published, or NULL.
struct jn_policy *sample_policy(const char *instance);

// A line about it on standard error.
int sample_fail(const char *err);
