// SPDX-License-Identifier: BSD-3-Clause
// The threads of junction-classify: each serves its lane whatever source the main thread has given.
#pragma once

#include <pthread.h>

#include "classify_rings.h"
#include "heartbeat.h"

struct classify_thread {
    struct classify_lane lane;
    struct classify_threads *all;
    const struct classify_source *seen; // that it serves. Writer: the thread, with release
    uint64_t number;                    // of the flows that it has begun with
    pthread_t id;
    struct jn_heartbeat heartbeat; // as the main thread sees it
};

struct classify_threads {
    unsigned int count;
    const struct classify_source *wanted; // NULL: none. Writer: the main thread, with release
    uint64_t number;                      // another one with other flows; stored before `wanted`
    uint64_t silent_ms;                   // for so long a thread may be at one sample
    bool over;
    struct classify_thread threads[JN_CLASSIFY_THREADS];
};

// Start them; lanes are open. SIGTERM and SIGINT come to the caller's thread alone. 0 or negative errno.
int classify_threads_start(struct classify_threads *threads);

// Have all serve the source; it and what it points at stay as they are until they are paused. anew: its flows are others than
// those of the source before.
void classify_threads_serve(struct classify_threads *threads, const struct classify_source *source, bool anew);

// No thread looks at any source any more.
void classify_threads_pause(struct classify_threads *threads);

// Has a thread been at one sample for too long? What a parser never comes back from only another process ends.
bool classify_threads_hang(struct classify_threads *threads);

// Pause, and end them.
void classify_threads_end(struct classify_threads *threads);
