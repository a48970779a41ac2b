// SPDX-License-Identifier: BSD-3-Clause
// The node's status documents, from regions to texts. They are made once for an interval, and kept in a region of
// junction-export's own until the next are: an exporter that was killed sends the same ones again, under the same ids.
// Counts go on from the documents before, so that their sum is what was counted, whenever who was killed.
#pragma once

#include "status_document.h"
#include "status_sample.h"

struct status {
    const char *instance;
    struct status_sources sources;
    struct status_ring rings[JN_MAX_WORKERS]; // the owner keeps them up to date
    struct status_texts texts;                // and these
    struct jn_counters_view counters;
    struct jn_shm neighbours, gates;
    struct jn_shm shm; // ours
    json_t *kept;      // of the last interval; NULL: none
};

// 0, or a negative errno with a sentence in err. sinks, names: live as long as it does.
int status_open(struct status *status, const char *instance, const struct jn_sinks_region *sinks,
                const struct names *names, char err[JN_ERR_MAX]);

// Make the interval's documents, unless they are kept. How many there are; 0 too when they cannot be made, which is logged.
size_t status_begin(struct status *status, const struct status_interval *interval);

// One of them, terminated; NULL: there is none of that number.
const char *status_text(const struct status *status, size_t number);

// Its region stays: what was counted by now is counted.
// remove: nobody goes on with what is kept.
void status_close(struct status *status, bool remove);
