// SPDX-License-Identifier: BSD-3-Clause
// From junction-classify's rings of annotations into the annotated region. That process comes and goes, and may be taken over:
// what it writes costs names at most. Nothing here waits for it. One thread.
#pragma once

#include "annotated.h"

// Annotations a step, of all rings together: some milliseconds. A ring that is full has 4,096.
#define ANNOTATIONS_STEP 16384u

struct annotation_rings {
    const char *instance;
    struct annotated *annotated;
    struct jn_shm shm;  // junction-classify's
    uint64_t boot;      // of that region
    unsigned int count; // rings; 0 while there is no region
    struct {
        const struct jn_annotation_ring *shared;
        const struct jn_annotation *annotations; // private copy of the pointer: checked once
    } rings[JN_CLASSIFY_THREADS];
    unsigned int turn;    // ring that is taken first
    uint64_t looked_ns;   // when its name was last looked at
    uint64_t lost_before; // that rings of regions which we have left said they had lost
};

void annotation_rings_open(struct annotation_rings *rings, const char *instance, struct annotated *annotated);

// Is there a region, or another one? At most every hundredth of a second, unless `now`.
void annotation_rings_look(struct annotation_rings *rings, bool now);

// Take what is there, at most ANNOTATIONS_STEP. Call it between loading the heads of the records' rings and reading records up
// to them: junction-classify writes a flow's texts before it answers, and a worker's record follows the answer.
void annotation_rings_take(struct annotation_rings *rings);

// Annotations that found their ring full, as far as junction-classify tells.
uint64_t annotation_rings_lost(const struct annotation_rings *rings);

void annotation_rings_close(struct annotation_rings *rings);
