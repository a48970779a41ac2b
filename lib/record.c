// SPDX-License-Identifier: BSD-3-Clause
#include "record.h"

#include <errno.h>
#include <stdio.h>

#include "contract.h"

size_t
jn_records_size(unsigned int workers, uint32_t capacity) {
    return sizeof(struct jn_records_region) + (size_t)workers * capacity * sizeof(struct jn_record);
}

void
jn_records_init(struct jn_records_region *region, unsigned int workers, uint32_t capacity) {
    jn_require_always(workers >= 1 && workers <= JN_MAX_WORKERS);
    jn_require_always(capacity != 0 && (capacity & (capacity - 1)) == 0);
    region->worker_count = workers;
    for (unsigned int w = 0; w < workers; w++) {
        region->rings[w].offset = jn_records_size(w, capacity);
        region->rings[w].capacity = capacity;
    }
}

static int
check_ring(const struct jn_ring *ring, unsigned int worker, size_t size, char err[JN_ERR_MAX]) {
    uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
    uint64_t capacity = ring->capacity;
    const char *wrong = NULL;
    if (capacity == 0 || (capacity & (capacity - 1)) != 0)
        wrong = "capacity is not a power of two";
    else if (ring->offset % 64 != 0 ||
             !jn_region_holds(size, sizeof(struct jn_records_region), ring->offset, capacity, sizeof(struct jn_record)))
        wrong = "records lie outside the region";
    else if (head - __atomic_load_n(&ring->tail, __ATOMIC_RELAXED) > capacity)
        wrong = "more records pending than it can hold";
    if (wrong == NULL)
        return 0;
    snprintf(err, JN_ERR_MAX, "records region: ring of worker %u: %s", worker, wrong);
    return -EPROTO;
}

int
jn_records_check(const struct jn_records_region *region, size_t size, char err[JN_ERR_MAX]) {
    if (size < sizeof(*region) || region->worker_count == 0 || region->worker_count > JN_MAX_WORKERS) {
        snprintf(err, JN_ERR_MAX, "records region: expected 1 to %d workers", JN_MAX_WORKERS);
        return -EPROTO;
    }
    for (unsigned int w = 0; w < region->worker_count && w < JN_MAX_WORKERS; w++) {
        int rc = check_ring(&region->rings[w], w, size, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
