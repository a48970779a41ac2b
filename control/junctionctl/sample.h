// SPDX-License-Identifier: BSD-3-Clause
// Private copies of the counters region: what was checked stays so, and two of them give rates.
#pragma once

#include "counters_view.h"
#include "neighbour.h"
#include "view.h"

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

// A command's one list of rows, made of two samples.
struct invocation;
int sample_show(const struct invocation *invocation, const char *name, const struct column *columns, size_t count,
                void (*show_rows)(struct view *view, const struct sample pair[2], bool all));

// Copy of a region that is being written, word by word, so that a counter is never seen half written. size: whole words.
void sample_copy(void *to, const void *region, size_t size);

// Add up counters: a struct of `size` bytes that has nothing else in it.
void sample_add(void *total, const void *counters, size_t size);

// A region with room by VPG, and how it is copied: for the VPG indexes in use alone, since the others have no memory.
struct sample_region {
    enum jn_region region;
    const char *missing; // what is said of the dataplane without it
    int (*extent)(const void *mapped, size_t size, struct jn_region_extent *extent, char err[JN_ERR_MAX]);
    size_t (*size)(unsigned int workers, unsigned int vpgs);
    void (*copy)(void *to, const void *from, const struct jn_region_extent *extent);
    int (*check)(const void *copy, size_t size, char err[JN_ERR_MAX]);
};

// A private copy, found sound, or NULL with a sentence in err. Free with free.
void *sample_take_region(const struct sample_region *kind, const char *instance, char err[JN_ERR_MAX]);

// jn_shm_attach, with a sentence about the dataplane when the region is not there.
int sample_attach(struct jn_shm *shm, const char *instance, enum jn_region region, size_t size, const char *missing,
                  char err[JN_ERR_MAX]);

uint64_t sample_now_ns(void);       // CLOCK_REALTIME
uint64_t sample_monotonic_ns(void); // CLOCK_MONOTONIC

// The time by which workers note what flows, neighbours and gates do: the wall clock, had nobody set it since their start.
uint64_t sample_workers_ns(const struct sample *sample);

// The policy that is published, or NULL.
struct jn_policy *sample_policy(const char *instance);

// A line about it on standard error.
int sample_fail(const char *err);
