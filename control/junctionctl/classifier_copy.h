// SPDX-License-Identifier: BSD-3-Clause
// A private copy of what dataplane and junction-classify count of flows' first packets.
#pragma once

#include <jansson.h>

#include "classified.h"
#include "lists.h"

// What is beside the threads' counters. X(member, "explanation")
#define CLASSIFIER_RINGS(X)                                                                                            \
    X(flows_held, "flows whose state is held now")                                                                     \
    X(samples_waiting, "samples that wait in their rings now")                                                         \
    X(samples_skipped, "samples that found their ring full, or no classifier: taken again at later packets")           \
    X(answers_lost, "answers that found their ring full")

struct classifier_rings {
#define X(member, text) uint64_t member;
    CLASSIFIER_RINGS(X)
#undef X
};

struct classifier_copy {
    const char *state;       // "off": the dataplane gives no samples; "running"; "away"
    char detail[JN_ERR_MAX]; // why it is away, or ""
    uint32_t threads, flow_capacity, pid;
    struct jn_classify_counters counters; // of all threads
    struct classifier_rings rings;        // of all workers
};

extern const struct jn_list classify_counter_list, classifier_ring_list;

void classifier_take(struct classifier_copy *copy, const char *instance);

// Does the dataplane give samples?
bool classifier_used(const struct classifier_copy *copy);
