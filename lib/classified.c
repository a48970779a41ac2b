// SPDX-License-Identifier: BSD-3-Clause
#include "classified.h"

#include <errno.h>
#include <stdio.h>

#include "contract.h"

size_t
jn_classified_size(unsigned int workers) {
    return sizeof(struct jn_classified_region) + (size_t)workers * JN_ANSWERS * sizeof(struct jn_answer);
}

void
jn_classified_init(struct jn_classified_region *region, unsigned int workers, unsigned int threads) {
    jn_require_always(workers >= 1 && workers <= JN_MAX_WORKERS);
    jn_require_always(threads >= 1 && threads <= JN_CLASSIFY_THREADS);
    region->worker_count = workers;
    region->thread_count = threads;
    for (unsigned int w = 0; w < workers; w++) {
        region->rings[w].offset = jn_classified_size(w);
        region->rings[w].capacity = JN_ANSWERS;
    }
}

int
jn_classified_check(const struct jn_classified_region *region, size_t size, char err[JN_ERR_MAX]) {
    if (size < sizeof(*region) || region->worker_count == 0 || region->worker_count > JN_MAX_WORKERS ||
        region->thread_count == 0 || region->thread_count > JN_CLASSIFY_THREADS) {
        snprintf(err, JN_ERR_MAX, "classified region: expected 1 to %d workers, 1 to %u threads", JN_MAX_WORKERS,
                 JN_CLASSIFY_THREADS);
        return -EPROTO;
    }
    for (unsigned int w = 0; w < region->worker_count && w < JN_MAX_WORKERS; w++) {
        const struct jn_answer_ring *ring = &region->rings[w];
        if (ring->capacity == JN_ANSWERS &&
            jn_region_holds(size, sizeof(*region), ring->offset, JN_ANSWERS, sizeof(struct jn_answer)))
            continue;
        snprintf(err, JN_ERR_MAX, "classified region: ring of worker %u: answers lie outside the region", w);
        return -EPROTO;
    }
    return 0;
}
