// SPDX-License-Identifier: BSD-3-Clause
// Regions: those that junction-classify writes, and the two that it reads and follows.
#pragma once

#include "classify_source.h"

struct classify_regions {
    const char *instance;
    struct jn_shm classified_shm, annotations_shm; // ours
    struct jn_classified_region *classified;
    struct jn_annotations_region *annotations;
    struct jn_shm samples_shm, annotated_shm; // base NULL: not attached
    struct classify_source source;            // while samples are attached
    bool said_waiting;
};

// Make the two, or take over what an earlier life has left, as the user who is to write them. 0, or negative errno with a
// sentence in err.
int classify_regions_make(struct classify_regions *regions, const char *instance, unsigned int threads, uint32_t flows,
                          char err[JN_ERR_MAX]);

// What has changed of others' regions since the last look, without touching what threads may be at.
enum classify_change {
    CLASSIFY_SAME,
    CLASSIFY_OTHER_SAMPLES, // other flows, or none
    CLASSIFY_OTHER_READER,  // the exporter's region has come, or is another one
};
enum classify_change classify_regions_look(const struct classify_regions *regions);

// Take what there is now. No thread looks at the source. True: there are samples to look at.
bool classify_regions_follow(struct classify_regions *regions, enum classify_change change);

// Samples, and texts that an exporter which lives has not taken, as of now.
uint64_t classify_regions_samples_left(const struct classify_regions *regions);
uint64_t classify_regions_texts_left(const struct classify_regions *regions);

// Leave everything. Texts stay that an exporter has not taken whose records are still there, too.
void classify_regions_close(struct classify_regions *regions);
