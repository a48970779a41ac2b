// SPDX-License-Identifier: BSD-3-Clause
// What Junction has counted until now, and how it is: its workers, ports, sinks, mirroring peers and gates, and its losses
// by reason. Read from the regions without waiting; whatever a writer does to them meanwhile, what is read is bounded.
#pragma once

#include <jansson.h>

#include "counters_view.h"
#include "names.h"
#include "sinks.h"

// A worker's ring of records, as the exporter sees it.
struct status_ring {
    uint64_t waiting;  // records that are not released yet
    uint64_t lost;     // records that found it full
    uint32_t capacity; // 0: there is no such ring
};

// Texts of junction-classify that are in no document, by reason. X(member, "explanation")
#define STATUS_TEXT_LOSSES(X)                                                                                          \
    X(refused, "could not be right")                                                                                   \
    X(forgotten, "or those of a flow: there was no room for more")                                                     \
    X(ring_full, "found their ring full")

struct status_texts {
    uint64_t boot; // of the annotated region that counts; 0: there is none
#define X(member, text) uint64_t member;
    STATUS_TEXT_LOSSES(X)
#undef X
};

// Where to read. What is not there is NULL; all of the dataplane's are of one life of it.
struct status_sources {
    const struct jn_counters_view *counters;
    const struct status_ring *rings; // JN_MAX_WORKERS
    uint64_t rings_boot;             // of the records region
    const struct jn_shm *neighbours, *gates;
    const struct jn_sinks_region *sinks;
    const struct names *names; // whose policy says which peers and gates there are
    const struct status_texts *texts;
};

// A list of things, each {"about": ..., what tells it from others, how it is, "total": {counter: number}, "now": {...}}.
// "since" is the boot of the region that counts. A counter that is 0 is left out. NULL: no memory. The caller frees it by json_decref.
json_t *status_sample(const struct status_sources *sources);
