// SPDX-License-Identifier: BSD-3-Clause
#include "classify_source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
classify_source_take(struct classify_source *source, const struct jn_samples_region *region, size_t size,
                     char err[JN_ERR_MAX]) {
    struct jn_samples_region copy;
    if (size < sizeof(copy)) {
        snprintf(err, JN_ERR_MAX, "samples region: shorter than its layout");
        return -EPROTO;
    }
    memcpy(&copy, region, sizeof(copy));
    int rc = jn_samples_check(&copy, size, err);
    if (rc < 0)
        return rc;
    source->boot = copy.header.boot;
    source->life = copy.header.life;
    source->records_boot = copy.records_boot;
    source->waits = copy.waits == 1;
    source->worker_count = copy.worker_count;
    for (unsigned int w = 0; w < copy.worker_count; w++)
        source->rings[w] = (struct classify_source_ring){
            .shared = &region->rings[w],
            .samples = (const struct jn_sample *)((const char *)region + copy.rings[w].offset),
            .capacity = copy.rings[w].capacity,
        };
    return 0;
}

bool
classify_source_is(const struct classify_source *source, const struct jn_samples_region *region) {
    return __atomic_load_n(&region->header.boot, __ATOMIC_RELAXED) == source->boot &&
           __atomic_load_n(&region->header.life, __ATOMIC_ACQUIRE) == source->life &&
           __atomic_load_n(&region->records_boot, __ATOMIC_RELAXED) == source->records_boot;
}
