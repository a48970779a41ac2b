// SPDX-License-Identifier: BSD-3-Clause
#include "consumer.h"

bool
jn_consumer_find(struct jn_app *app) {
    bool before = app->consumed != NULL;
    if (!jn_follow(&app->consumer, app->options.instance, JN_REGION_CONSUMED, sizeof(struct jn_consumed_region),
                   "what junction-export has taken is not known"))
        return false;
    app->consumed = app->consumer.now.base;
    for (unsigned int i = 0; i < app->options.worker_count; i++)
        if (app->threads[i] != NULL)
            __atomic_store_n(&app->threads[i]->worker.flow->consumed, &app->consumed->rings[i], __ATOMIC_RELEASE);
    return before;
}

void
jn_consumer_forget(struct jn_app *app) {
    jn_follow_forget(&app->consumer);
}

uint64_t
jn_consumer_left(const struct jn_app *app) {
    uint64_t left = 0, refused;
    for (unsigned int i = 0; i < app->options.worker_count && i < JN_MAX_WORKERS; i++) {
        const struct jn_ring *ring = &app->records->rings[i];
        left += ring->head - jn_ring_taken(ring, app->consumed != NULL ? &app->consumed->rings[i] : NULL,
                                           app->records->header.boot, &refused);
    }
    return left;
}

// Of a ring, from there on. The region was checked.
static void
add_left(const struct jn_records_region *records, unsigned int worker, uint64_t from, struct jn_left *left) {
    const struct jn_ring *ring = &records->rings[worker];
    const struct jn_record *first = (const struct jn_record *)((const char *)records + ring->offset);
    for (; from != ring->head; from++) {
        const struct jn_record *record = &first[from & (ring->capacity - 1)];
        left->records++;
        if (record->type != JN_RECORD_FLOW)
            continue;
        left->packets += (uint64_t)record->flow.packets[0] + record->flow.packets[1];
        left->bytes += record->flow.bytes[0] + record->flow.bytes[1];
    }
}

struct jn_left
jn_consumer_left_in(const char *instance, const struct jn_records_region *records) {
    struct jn_shm shm;
    char err[JN_ERR_MAX];
    struct jn_left left = {0};
    bool known = jn_shm_attach(&shm, instance, JN_REGION_CONSUMED, sizeof(struct jn_consumed_region), false, err) == 0;
    const struct jn_consumed_region *consumed = known ? shm.base : NULL;
    for (unsigned int w = 0; w < records->worker_count && w < JN_MAX_WORKERS; w++) {
        uint64_t refused, from = jn_ring_taken(&records->rings[w], known ? &consumed->rings[w] : NULL,
                                               records->header.boot, &refused);
        add_left(records, w, from, &left);
    }
    if (known)
        jn_shm_detach(&shm);
    return left;
}

void
jn_consumer_close(struct jn_app *app) {
    jn_follow_close(&app->consumer);
    app->consumed = NULL;
}
