// SPDX-License-Identifier: BSD-3-Clause
#include "classifier.h"

#include <time.h>

#include "clock_read.h"

enum { STUCK_LOOKS = 20, PAUSE_NS = 1000000 };
#define STUCK_NS UINT64_C(2000000000)
#define AWAIT_NS UINT64_C(10000000000)

// What each worker needs of the region at hand. Where its answers are we know by ourselves: the region may be a lie.
static void
begin_life(struct jn_app *app) {
    struct jn_classifier_watch *watch = &app->classifier;
    const struct jn_shm *shm = &watch->follow.now;
    const struct jn_classified_region *region = shm->base;
    unsigned int number = ++watch->number;
    watch->life = __atomic_load_n(&region->header.life, __ATOMIC_ACQUIRE);
    for (unsigned int w = 0; w < app->options.worker_count; w++) {
        watch->lives[number & 1][w] =
            (struct jn_classifier_life){.ring = &region->rings[w],
                                        .answers = (const void *)((const char *)shm->base + jn_classified_size(w)),
                                        .boot = region->header.boot,
                                        .number = number};
        watch->looks[w] = (struct jn_classifier_look){0};
    }
}

// Does it take that worker's samples? Silence is measured by our own looks, too: when the machine slept, nobody was silent.
static bool
takes_samples(struct jn_app *app, unsigned int w, uint64_t now_ns) {
    const struct jn_sample_ring *samples = &app->samples->rings[w];
    const struct jn_answer_ring *ring = app->classifier.lives[app->classifier.number & 1][w].ring;
    struct jn_classifier_look *look = &app->classifier.looks[w];
    if (__atomic_load_n(&ring->samples_boot, __ATOMIC_ACQUIRE) != app->samples->header.boot)
        return false;
    uint64_t tail = __atomic_load_n(&ring->samples_tail, __ATOMIC_ACQUIRE),
             head = __atomic_load_n(&samples->head, __ATOMIC_RELAXED);
    if (tail == head || tail != look->tail || look->count == 0)
        *look = (struct jn_classifier_look){.tail = tail, .since_ns = now_ns};
    look->count++;
    return look->count < STUCK_LOOKS || now_ns - look->since_ns < STUCK_NS;
}

// A limit each: what is held back of one may not leave the other as the last word.
static void
say(struct jn_app *app, bool there) {
    static struct jn_log_limit limits[2];
    if (there == app->classifier.there)
        return;
    app->classifier.there = there;
    if (there)
        jn_log_limited(&limits[true], 1, JN_LOG_INFO, "junction-classify is there: applications are looked for");
    else
        jn_log_limited(&limits[false], 1, JN_LOG_WARNING,
                       "junction-classify is gone, or takes nothing: applications are not looked for");
}

bool
jn_classifier_watch(struct jn_app *app) {
    struct jn_classifier_watch *watch = &app->classifier;
    if (app->samples == NULL)
        return false;
    bool before = watch->follow.now.base != NULL;
    bool other = jn_follow(&watch->follow, app->options.instance, JN_REGION_CLASSIFIED,
                           jn_classified_size(app->options.worker_count), "junction-classify is not heard");
    if (watch->follow.now.base == NULL)
        return false;
    // One that was started again may go on with the region, but knows nothing of the flows.
    const struct jn_region_header *header = watch->follow.now.base;
    other |= watch->life != __atomic_load_n(&header->life, __ATOMIC_ACQUIRE);
    if (other)
        begin_life(app);
    uint64_t now_ns = jn_clock_read(CLOCK_MONOTONIC);
    bool lives = jn_shm_writer_alive(&watch->follow.now), there = false;
    for (unsigned int w = 0; w < app->options.worker_count && app->threads[w] != NULL; w++) {
        const struct jn_classifier_life *life =
            lives && takes_samples(app, w, now_ns) ? &watch->lives[watch->number & 1][w] : NULL;
        there |= life != NULL;
        __atomic_store_n(&app->threads[w]->worker.flow->sampling.shared, life, __ATOMIC_RELEASE);
    }
    say(app, there);
    return other && before;
}

void
jn_classifier_forget(struct jn_app *app) {
    jn_follow_forget(&app->classifier.follow);
}

bool
jn_classifier_await(struct jn_app *app) {
    uint64_t began_ns = jn_clock_read(CLOCK_MONOTONIC);
    while (!app->classifier.there && jn_clock_read(CLOCK_MONOTONIC) - began_ns < AWAIT_NS) {
        jn_classifier_watch(app);
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
    return app->classifier.there;
}

void
jn_classifier_close(struct jn_app *app) {
    jn_follow_close(&app->classifier.follow);
}
