// SPDX-License-Identifier: BSD-3-Clause
#include "samples.h"

#include <errno.h>
#include <stdio.h>

#include "contract.h"

size_t
jn_samples_size(unsigned int workers, uint32_t capacity) {
    return sizeof(struct jn_samples_region) + (size_t)workers * capacity * sizeof(struct jn_sample);
}

void
jn_samples_init(struct jn_samples_region *region, unsigned int workers, uint32_t capacity) {
    jn_require_always(workers >= 1 && workers <= JN_MAX_WORKERS);
    jn_require_always(capacity != 0 && (capacity & (capacity - 1)) == 0);
    region->worker_count = workers;
    for (unsigned int w = 0; w < workers; w++) {
        region->rings[w].offset = jn_samples_size(w, capacity);
        region->rings[w].capacity = capacity;
    }
}

int
jn_samples_check(const struct jn_samples_region *region, size_t size, char err[JN_ERR_MAX]) {
    if (size < sizeof(*region) || region->worker_count == 0 || region->worker_count > JN_MAX_WORKERS) {
        snprintf(err, JN_ERR_MAX, "samples region: expected 1 to %d workers", JN_MAX_WORKERS);
        return -EPROTO;
    }
    for (unsigned int w = 0; w < region->worker_count && w < JN_MAX_WORKERS; w++) {
        const struct jn_sample_ring *ring = &region->rings[w];
        uint64_t capacity = ring->capacity;
        if (capacity != 0 && (capacity & (capacity - 1)) == 0 &&
            jn_region_holds(size, sizeof(*region), ring->offset, capacity, sizeof(struct jn_sample)))
            continue;
        snprintf(err, JN_ERR_MAX, "samples region: ring of worker %u: samples lie outside the region", w);
        return -EPROTO;
    }
    return 0;
}
