// SPDX-License-Identifier: BSD-3-Clause
#include "annotation_rings.h"

#include <errno.h>
#include <string.h>

#include "annotation_check.h"
#include "log.h"
#include "world.h"

#define LOOK_NS UINT64_C(10000000)

void
annotation_rings_open(struct annotation_rings *r, const char *instance, struct annotated *annotated) {
    *r = (struct annotation_rings){.instance = instance, .annotated = annotated, .shm.fd = -1};
}

static struct jn_annotated_taken *
taken_of(const struct annotation_rings *r, unsigned int ring) {
    return &r->annotated->region->taken[ring];
}

// From now on `tail` speaks of the region of that boot.
static void
begin(struct jn_annotated_taken *taken, uint64_t boot) {
    if (__atomic_load_n(&taken->boot, __ATOMIC_RELAXED) == boot)
        return;
    __atomic_store_n(&taken->boot, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&taken->tail, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&taken->boot, boot, __ATOMIC_RELEASE);
}

// Every number of the region's is copied once and checked as a copy.
static int
place_rings(struct annotation_rings *r, char err[JN_ERR_MAX]) {
    const struct jn_annotations_region *region = r->shm.base;
    struct jn_annotations_region copy = *region;
    int rc = jn_annotations_check(&copy, r->shm.size, err);
    if (rc < 0)
        return rc;
    r->boot = copy.header.boot;
    r->count = copy.ring_count;
    for (unsigned int i = 0; i < JN_CLASSIFY_THREADS; i++) {
        begin(taken_of(r, i), i < r->count ? r->boot : 0);
        if (i < r->count) {
            r->rings[i].shared = &region->rings[i];
            r->rings[i].annotations = (const struct jn_annotation *)((const char *)region + copy.rings[i].offset);
        }
    }
    return 0;
}

static void
attach(struct annotation_rings *r) {
    static struct jn_log_limit limit;
    char err[JN_ERR_MAX];
    int rc =
        jn_shm_attach(&r->shm, r->instance, JN_REGION_ANNOTATIONS, sizeof(struct jn_annotations_region), false, err);
    if (rc == 0 && (rc = place_rings(r, err)) < 0)
        jn_shm_detach(&r->shm);
    if (rc < 0 && rc != -ENOENT)
        jn_log_limited(&limit, 1, JN_LOG_ERROR, "flow documents go without what junction-classify reads: %s", err);
}

static uint64_t
lost_now(const struct annotation_rings *r) {
    uint64_t lost = 0;
    for (unsigned int i = 0; i < r->count; i++)
        lost += __atomic_load_n(&r->rings[i].shared->lost, __ATOMIC_RELAXED);
    return lost;
}

uint64_t
annotation_rings_lost(const struct annotation_rings *r) {
    return r->lost_before + lost_now(r);
}

static void
detach(struct annotation_rings *r) {
    r->lost_before += lost_now(r);
    r->count = 0;
    jn_shm_detach(&r->shm);
}

void
annotation_rings_look(struct annotation_rings *r, bool now) {
    if (r->annotated == NULL)
        return;
    uint64_t time = world->clock->steady_ns();
    if (!now && r->looked_ns != 0 && time - r->looked_ns < LOOK_NS)
        return;
    r->looked_ns = time;
    if (r->count > 0 && jn_shm_replaced(&r->shm, r->instance, JN_REGION_ANNOTATIONS)) {
        annotation_rings_take(r);
        detach(r);
    }
    if (r->count == 0)
        attach(r);
}

static void
refuse(struct annotation_rings *r, const char *error) {
    static struct jn_log_limit limit;
    annotated_refuse(r->annotated);
    jn_log_limited(&limit, 1, JN_LOG_WARNING, "an annotation of junction-classify is refused: %s", error);
}

// How many there are up to the ring's head: a head that cannot be right is believed, what is before it is not.
static uint64_t
waiting(struct annotation_rings *r, unsigned int ring, uint64_t *tail) {
    uint64_t head = __atomic_load_n(&r->rings[ring].shared->head, __ATOMIC_ACQUIRE);
    *tail = taken_of(r, ring)->tail;
    if (head - *tail <= JN_ANNOTATIONS)
        return head - *tail;
    refuse(r, "its ring's head cannot be right");
    __atomic_store_n(&taken_of(r, ring)->tail, head, __ATOMIC_RELEASE);
    return 0;
}

static unsigned int
take_ring(struct annotation_rings *r, unsigned int ring, unsigned int most) {
    uint64_t tail, count = waiting(r, ring, &tail);
    count = count < most ? count : most;
    for (uint64_t i = 0; i < count; i++) {
        struct jn_annotation annotation;
        memcpy(&annotation, &r->rings[ring].annotations[(tail + i) % JN_ANNOTATIONS], sizeof(annotation));
        const char *error = annotation_error(&annotation);
        if (error == NULL)
            annotated_add(r->annotated, &annotation);
        else
            refuse(r, error);
        __atomic_store_n(&taken_of(r, ring)->tail, tail + i + 1, __ATOMIC_RELEASE);
    }
    return (unsigned int)count;
}

void
annotation_rings_take(struct annotation_rings *r) {
    unsigned int left = ANNOTATIONS_STEP;
    r->turn++;
    for (unsigned int i = 0; i < r->count && left > 0; i++)
        left -= take_ring(r, (r->turn + i) % r->count, left);
}

void
annotation_rings_close(struct annotation_rings *r) {
    if (r->count > 0)
        detach(r);
    r->annotated = NULL;
}
