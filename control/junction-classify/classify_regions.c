// SPDX-License-Identifier: BSD-3-Clause
#include "classify_regions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "seqlock.h"

// What a region is laid out for. Rings of answers are there for every worker that can be; memory only for those that are.
static uint64_t
layout_of(unsigned int threads) {
    return (uint64_t)threads << 32 | JN_ANSWERS << 16 | JN_ANNOTATIONS;
}

static int
make_classified(struct classify_regions *r, unsigned int threads, bool reuse, char err[JN_ERR_MAX]) {
    int rc = jn_shm_create(&r->classified_shm, r->instance, JN_REGION_CLASSIFIED, jn_classified_size(JN_MAX_WORKERS),
                           layout_of(threads), false, reuse, err);
    if (rc < 0)
        return rc;
    r->classified = r->classified_shm.base;
    if (rc == 1)
        return jn_classified_check(r->classified, r->classified_shm.size, err) == 0 &&
                       r->classified->worker_count == JN_MAX_WORKERS && r->classified->thread_count == threads
                   ? 0
                   : 1;
    rc = jn_shm_back(&r->classified_shm, 0, sizeof(*r->classified));
    if (rc < 0)
        snprintf(err, JN_ERR_MAX, "%s: no room: %s", r->classified_shm.path, strerror(-rc));
    else
        jn_classified_init(r->classified, JN_MAX_WORKERS, threads);
    return rc;
}

static int
make_annotations(struct classify_regions *r, unsigned int threads, bool reuse, char err[JN_ERR_MAX]) {
    size_t size = jn_annotations_size(threads);
    int rc = jn_shm_create(&r->annotations_shm, r->instance, JN_REGION_ANNOTATIONS, size, layout_of(threads), false,
                           reuse, err);
    if (rc < 0)
        return rc;
    r->annotations = r->annotations_shm.base;
    if (rc == 1 && (jn_annotations_check(r->annotations, r->annotations_shm.size, err) < 0 ||
                    r->annotations->ring_count != threads))
        return 1;
    bool fresh = rc == 0;
    rc = jn_shm_back(&r->annotations_shm, 0, size);
    if (rc < 0)
        snprintf(err, JN_ERR_MAX, "%s: no room: %s", r->annotations_shm.path, strerror(-rc));
    else if (fresh)
        jn_annotations_init(r->annotations, threads);
    return rc;
}

// What was taken over and is not sound goes for a new one.
static int
make_sound(struct classify_regions *r, unsigned int threads, struct jn_shm *shm,
           int (*make)(struct classify_regions *, unsigned int, bool, char[JN_ERR_MAX]), char err[JN_ERR_MAX]) {
    int rc = make(r, threads, true, err);
    if (rc != 1)
        return rc;
    jn_log(JN_LOG_WARNING, "%s: what was left is not sound: made anew", shm->path);
    jn_shm_remove(shm);
    return make(r, threads, false, err);
}

int
classify_regions_make(struct classify_regions *r, const char *instance, unsigned int threads, uint32_t flows,
                      char err[JN_ERR_MAX]) {
    r->instance = instance;
    int rc = make_sound(r, threads, &r->classified_shm, make_classified, err);
    if (rc == 0)
        rc = make_sound(r, threads, &r->annotations_shm, make_annotations, err);
    if (rc < 0)
        return rc;
    r->classified->flow_capacity = flows;
    jn_store(&r->classified->pid, (uint32_t)getpid());
    for (unsigned int t = 0; t < threads; t++)
        jn_store(&r->classified->counters[t].flows_held, 0);
    jn_shm_ready(&r->annotations_shm);
    jn_shm_ready(&r->classified_shm);
    return 0;
}

static bool
reader_has_come(const struct classify_regions *r) {
    struct jn_shm shm;
    char err[JN_ERR_MAX];
    if (jn_shm_attach(&shm, r->instance, JN_REGION_ANNOTATED, sizeof(struct jn_annotated_region), false, err) < 0)
        return false;
    jn_shm_detach(&shm);
    return true;
}

enum classify_change
classify_regions_look(const struct classify_regions *r) {
    if (r->samples_shm.base == NULL)
        return CLASSIFY_OTHER_SAMPLES;
    if (jn_shm_replaced(&r->samples_shm, r->instance, JN_REGION_SAMPLES) ||
        !classify_source_is(&r->source, r->samples_shm.base))
        return CLASSIFY_OTHER_SAMPLES;
    bool other = r->annotated_shm.base == NULL ? reader_has_come(r)
                                               : jn_shm_replaced(&r->annotated_shm, r->instance, JN_REGION_ANNOTATED);
    return other ? CLASSIFY_OTHER_READER : CLASSIFY_SAME;
}

static void
detach(struct jn_shm *shm) {
    if (shm->base != NULL)
        jn_shm_detach(shm);
}

// An exporter whose region is gone may still come back; until then nobody takes texts.
static void
follow_reader(struct classify_regions *r) {
    char err[JN_ERR_MAX];
    detach(&r->annotated_shm);
    r->source.annotated = NULL;
    if (jn_shm_attach(&r->annotated_shm, r->instance, JN_REGION_ANNOTATED, sizeof(struct jn_annotated_region), false,
                      err) == 0)
        r->source.annotated = r->annotated_shm.base;
}

// Memory for the answers to its workers.
static int
back_answers(struct classify_regions *r, char err[JN_ERR_MAX]) {
    int rc = jn_shm_back(&r->classified_shm, 0, jn_classified_size(r->source.worker_count));
    if (rc < 0)
        snprintf(err, JN_ERR_MAX, "%s: no room for answers to %u workers: %s", r->classified_shm.path,
                 r->source.worker_count, strerror(-rc));
    return rc;
}

static bool
follow_samples(struct classify_regions *r) {
    static struct jn_log_limit limit;
    char err[JN_ERR_MAX];
    detach(&r->samples_shm);
    int rc =
        jn_shm_attach(&r->samples_shm, r->instance, JN_REGION_SAMPLES, sizeof(struct jn_samples_region), false, err);
    bool attached = rc == 0;
    if (rc == 0)
        rc = classify_source_take(&r->source, r->samples_shm.base, r->samples_shm.size, err);
    if (rc == 0)
        rc = back_answers(r, err);
    if (rc == 0) {
        jn_log(JN_LOG_INFO, "looking at the samples of instance %s, %u worker%s", r->instance, r->source.worker_count,
               r->source.worker_count == 1 ? "" : "s");
        r->said_waiting = false;
        return true;
    }
    if (attached)
        jn_shm_detach(&r->samples_shm);
    if (rc != -ENOENT)
        jn_log_limited(&limit, 1, JN_LOG_ERROR, "%s", err);
    else if (!r->said_waiting)
        jn_log(JN_LOG_INFO, "waiting for the samples of instance %s: junction-dataplane makes them", r->instance);
    r->said_waiting = true;
    return false;
}

bool
classify_regions_follow(struct classify_regions *r, enum classify_change change) {
    if (change == CLASSIFY_OTHER_SAMPLES && !follow_samples(r))
        return false;
    if (r->source.annotated == NULL || change == CLASSIFY_OTHER_READER)
        follow_reader(r);
    return true;
}

uint64_t
classify_regions_samples_left(const struct classify_regions *r) {
    uint64_t left = 0;
    for (unsigned int w = 0; r->samples_shm.base != NULL && w < r->source.worker_count; w++) {
        uint64_t head = __atomic_load_n(&r->source.rings[w].shared->head, __ATOMIC_ACQUIRE);
        uint64_t waiting = head - __atomic_load_n(&r->classified->rings[w].samples_tail, __ATOMIC_RELAXED);
        left += waiting <= r->source.rings[w].capacity ? waiting : 0;
    }
    return left;
}

uint64_t
classify_regions_texts_left(const struct classify_regions *r) {
    const struct jn_annotated_region *annotated = r->annotated_shm.base;
    uint64_t left = 0;
    if (annotated == NULL || !jn_shm_writer_alive(&r->annotated_shm))
        return 0;
    for (unsigned int t = 0; t < r->classified->thread_count; t++)
        if (__atomic_load_n(&annotated->taken[t].boot, __ATOMIC_ACQUIRE) == r->annotations->header.boot) {
            uint64_t waiting =
                r->annotations->rings[t].head - __atomic_load_n(&annotated->taken[t].tail, __ATOMIC_ACQUIRE);
            left += waiting <= JN_ANNOTATIONS ? waiting : 0;
        }
    return left;
}

// The tails that the exporter has not said, or that say less, keep texts for the next one.
static bool
all_texts_taken(const struct classify_regions *r) {
    const struct jn_annotated_region *annotated = r->annotated_shm.base;
    for (unsigned int t = 0; t < r->classified->thread_count; t++) {
        uint64_t head = r->annotations->rings[t].head;
        if (annotated == NULL
                ? head != 0
                : annotated->taken[t].boot == r->annotations->header.boot && annotated->taken[t].tail != head)
            return false;
    }
    return true;
}

// Records whose documents an exporter has still to make.
static bool
records_left(const struct classify_regions *r) {
    struct jn_shm shm;
    char err[JN_ERR_MAX];
    int rc = jn_shm_attach(&shm, r->instance, JN_REGION_RECORDS, sizeof(struct jn_region_header), false, err);
    if (rc == 0)
        jn_shm_detach(&shm);
    return rc != -ENOENT;
}

void
classify_regions_close(struct classify_regions *r) {
    bool over = all_texts_taken(r) || !records_left(r);
    detach(&r->samples_shm);
    detach(&r->annotated_shm);
    jn_shm_remove(&r->classified_shm);
    if (over)
        jn_shm_remove(&r->annotations_shm);
    else
        jn_shm_detach(&r->annotations_shm);
}
