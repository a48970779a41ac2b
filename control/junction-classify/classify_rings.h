// SPDX-License-Identifier: BSD-3-Clause
// What one thread of junction-classify moves: samples out of its workers' rings, through its engine, texts into its ring for
// the exporter and answers into the workers' rings. Of each sample in this order: texts, answer, then the sample is taken.
// So whoever sees it taken has all that came of it.
#pragma once

#include "classify_source.h"
#include "engine.h"

// Rounds of other threads and processes that a replay waits for room, some hundred microseconds each: then what is full has
// nobody who takes anything.
#define CLASSIFY_PATIENCE 50000u

struct classify_lane {
    // Set once, before the thread starts.
    unsigned int thread, thread_count; // workers w with w % thread_count == thread are its own
    struct engine *engine;
    struct jn_classified_region *classified;
    uint64_t classified_boot;
    struct jn_annotation_ring *text_ring;
    struct jn_annotation *texts;
    uint64_t texts_boot; // of the annotations region
    // The pointer that says whose samples are wanted; another thread stores it, and a wait for room ends with a change.
    const struct classify_source *const *wanted;
    // Its own from then on.
    uint64_t beats;     // one more with each sample and wait: stored relaxed, for who watches
    uint64_t text_tail; // texts that the exporter has taken, as last known
    // Nobody takes out of that ring, which is full: no more waiting until somebody does.
    bool texts_hopeless, answers_hopeless;
    uint64_t tails[JN_MAX_WORKERS];
    struct engine_output output;
};

// Regions that are laid out, and checked where they were taken over. annotations: its ring of that thread.
void classify_lane_open(struct classify_lane *lane, struct jn_classified_region *classified,
                        struct jn_annotations_region *annotations, unsigned int thread);

// Serve a source from now on that has other flows than the one before.
void classify_lane_begin(struct classify_lane *lane, const struct classify_source *source);

// It is well: to be said with each round.
void classify_lane_beat(struct classify_lane *lane);

// One round over its workers' rings, some samples of each. How many were taken.
unsigned int classify_lane_round(struct classify_lane *lane, const struct classify_source *source);
