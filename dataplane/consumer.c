// SPDX-License-Identifier: BSD-3-Clause
#include "consumer.h"

#include <errno.h>

bool
jn_consumer_find(struct jn_app *app) {
    static struct jn_log_limit limit;
    struct jn_shm now;
    char err[JN_ERR_MAX];
    bool before = app->consumed != NULL;
    if (before && !jn_shm_replaced(&app->consumed_shm, app->options.instance, JN_REGION_CONSUMED))
        return false;
    int rc =
        jn_shm_attach(&now, app->options.instance, JN_REGION_CONSUMED, sizeof(struct jn_consumed_region), false, err);
    if (rc < 0 && rc != -ENOENT)
        jn_log_limited(&limit, 1, JN_LOG_WARNING, "what junction-export has taken is not known: %s", err);
    if (rc < 0)
        return false; // the old one still tells
    app->consumed_former = app->consumed_shm;
    app->consumed_shm = now;
    app->consumed = now.base;
    for (unsigned int i = 0; i < app->options.worker_count; i++)
        if (app->threads[i] != NULL)
            __atomic_store_n(&app->threads[i]->worker.flow->consumed, &app->consumed->rings[i], __ATOMIC_RELEASE);
    return before;
}

void
jn_consumer_forget(struct jn_app *app) {
    jn_shm_detach(&app->consumed_former);
}

static uint64_t
left_in(const struct jn_records_region *records, const struct jn_consumed_region *consumed, unsigned int workers) {
    uint64_t left = 0, refused;
    for (unsigned int i = 0; i < workers && i < JN_MAX_WORKERS; i++)
        left +=
            records->rings[i].head - jn_ring_taken(&records->rings[i], consumed != NULL ? &consumed->rings[i] : NULL,
                                                   records->header.boot, &refused);
    return left;
}

uint64_t
jn_consumer_left(const struct jn_app *app) {
    return left_in(app->records, app->consumed, app->options.worker_count);
}

uint64_t
jn_consumer_left_in(const char *instance, const struct jn_records_region *records) {
    struct jn_shm shm;
    char err[JN_ERR_MAX];
    if (jn_shm_attach(&shm, instance, JN_REGION_CONSUMED, sizeof(struct jn_consumed_region), false, err) < 0)
        return left_in(records, NULL, records->worker_count);
    uint64_t left = left_in(records, shm.base, records->worker_count);
    jn_shm_detach(&shm);
    return left;
}

void
jn_consumer_close(struct jn_app *app) {
    if (app->consumed != NULL)
        jn_shm_detach(&app->consumed_shm);
    app->consumed = NULL;
}
