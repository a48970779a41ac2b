// SPDX-License-Identifier: BSD-3-Clause
// A reader's view of the counters region: its counts checked once and kept apart, so that a hostile writer cannot move
// them under the reader.
#pragma once

#include "counters.h"

struct jn_counters_view {
    struct jn_shm shm;
    const struct jn_counters_region *region; // NULL while there is none
    unsigned int worker_count, port_count, wire_count, vpg_capacity;
};

// 0, or negative errno with a sentence in err: -ENOENT not there, -EPROTO not what it should be.
int jn_counters_open(struct jn_counters_view *view, const char *instance, char err[JN_ERR_MAX]);
void jn_counters_close(struct jn_counters_view *view);

// Is the mapping still the region of that name, and as long as it was?
bool jn_counters_current(const struct jn_counters_view *view, const char *instance);

// Lowest and highest policy generation in force at any worker.
uint64_t jn_counters_lowest_generation(const struct jn_counters_view *view);
uint64_t jn_counters_highest_generation(const struct jn_counters_view *view);

// What a worker counted for the VPG with that index, or NULL: nothing yet.
const struct jn_vpg_counters *jn_counters_vpg(const struct jn_counters_view *view, unsigned int worker,
                                              uint16_t vpg_idx);

// A text of the region, NUL-terminated whatever the writer did, with '?' for what is not printable ASCII.
const char *jn_counters_text(const char *text, size_t size, char *out, size_t out_size);

static inline uint64_t
jn_counters_load(const uint64_t *counter) {
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}
