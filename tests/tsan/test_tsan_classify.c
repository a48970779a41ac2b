// SPDX-License-Identifier: BSD-3-Clause
// junction-classify's threads with their engines, workers that give samples and take answers, an exporter that takes texts, and
// a main thread that has all pause, as when a region of others is another one.
// To see it fail: in write_answer (control/junction-classify/classify_rings.c) store `head` relaxed.
#include "threads.h"

#include <sched.h>

#include "classify_threads.h"
#include "unit/lib/region.h"

enum { WORKERS = 3, THREADS = 2, RING = 8, SAMPLES = 3000, BOOT = 7, OURS = 8, TEXTS = 9 };

static struct jn_samples_region *samples;
static struct jn_classified_region *classified;
static struct jn_annotations_region *annotations;
static struct jn_annotated_region *annotated;
static struct classify_threads threads;
static struct classify_source source;

struct engine {
    uint64_t next[WORKERS];
};

bool
engine_sample_is_sound(const struct jn_sample *sample) {
    return sample->kind == JN_SAMPLE_PACKET;
}

// Samples come in their order, and whole.
void
engine_take(struct engine *engine, unsigned int worker, const struct jn_sample *sample, bool answers_all,
            struct engine_output *out) {
    (void)answers_all;
    must(sample->flow.start_ns == engine->next[worker]++);
    must(sample->bytes[0] == (uint8_t)sample->flow.start_ns && sample->bytes[JN_SAMPLE_BYTES - 1] == sample->bytes[0]);
    out->answered = true;
    out->answer = (struct jn_answer){.flow = sample->flow};
    out->annotation_count = sample->flow.start_ns % 2;
    out->annotations[0] = (struct jn_annotation){.flow = sample->flow};
}

void
engine_forget_worker(struct engine *engine, unsigned int worker) {
    engine->next[worker] = 0;
}

static void
take_answers(unsigned int w, uint64_t *taken) {
    struct jn_answer_ring *ring = &classified->rings[w];
    const struct jn_answer *first = (const struct jn_answer *)((char *)classified + jn_classified_size(w));
    for (uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE); *taken != head; ++*taken)
        must(first[*taken % JN_ANSWERS].flow.start_ns == *taken);
    __atomic_store_n(&samples->rings[w].answers_tail, *taken, __ATOMIC_RELEASE);
}

// A sample counts as taken once its answer is there.
static void *
worker(void *argument) {
    unsigned int w = (unsigned int)(uintptr_t)argument;
    struct jn_sample_ring *ring = &samples->rings[w];
    struct jn_sample *first = (struct jn_sample *)((char *)samples + jn_samples_size(w, RING));
    uint64_t taken = 0, tail = 0;
    __atomic_store_n(&ring->answers_boot, OURS, __ATOMIC_RELEASE);
    for (uint64_t i = 0; i < SAMPLES;) {
        if (__atomic_load_n(&classified->rings[w].samples_boot, __ATOMIC_ACQUIRE) == BOOT)
            tail = __atomic_load_n(&classified->rings[w].samples_tail, __ATOMIC_ACQUIRE);
        take_answers(w, &taken);
        must(taken >= tail);
        if (i - tail == RING) {
            sched_yield();
            continue;
        }
        struct jn_sample *sample = &first[i % RING];
        sample->flow.start_ns = i;
        sample->kind = JN_SAMPLE_PACKET;
        memset(sample->bytes, (int)i, JN_SAMPLE_BYTES);
        __atomic_store_n(&ring->head, ++i, __ATOMIC_RELEASE);
    }
    while (taken != SAMPLES) {
        take_answers(w, &taken);
        sched_yield();
    }
    return NULL;
}

static void *
exporter(void *argument) {
    uint64_t all = 0, taken[THREADS] = {0};
    (void)argument;
    while (all < WORKERS * SAMPLES / 2) {
        for (unsigned int t = 0; t < THREADS; t++) {
            const struct jn_annotation *first =
                (const struct jn_annotation *)((char *)annotations + jn_annotations_size(t));
            uint64_t head = __atomic_load_n(&annotations->rings[t].head, __ATOMIC_ACQUIRE);
            for (; taken[t] != head; taken[t]++, all++)
                must(first[taken[t] % JN_ANNOTATIONS].flow.start_ns % 2 == 1);
            __atomic_store_n(&annotated->taken[t].tail, taken[t], __ATOMIC_RELEASE);
            __atomic_store_n(&annotated->taken[t].boot, TEXTS, __ATOMIC_RELEASE);
        }
        sched_yield();
    }
    return NULL;
}

static void
open_all(struct engine engines[THREADS]) {
    char err[JN_ERR_MAX];
    samples = region_memory(jn_samples_size(WORKERS, RING));
    classified = region_memory(jn_classified_size(WORKERS));
    annotations = region_memory(jn_annotations_size(THREADS));
    annotated = region_memory(sizeof(*annotated));
    jn_samples_init(samples, WORKERS, RING);
    jn_classified_init(classified, WORKERS, THREADS);
    jn_annotations_init(annotations, THREADS);
    samples->header.boot = BOOT;
    samples->waits = 1;
    classified->header.boot = OURS;
    annotations->header.boot = TEXTS;
    must(classify_source_take(&source, samples, jn_samples_size(WORKERS, RING), err) == 0);
    source.annotated = annotated;
    threads.count = THREADS;
    for (unsigned int t = 0; t < THREADS; t++) {
        classify_lane_open(&threads.threads[t].lane, classified, annotations, t);
        threads.threads[t].lane.engine = &engines[t];
    }
}

static void
test_classify(void **state) {
    (void)state;
    struct engine engines[THREADS] = {0};
    pthread_t others[WORKERS + 1];
    open_all(engines);
    assert_int_equal(classify_threads_start(&threads), 0);
    classify_threads_serve(&threads, &source, true);
    for (unsigned int w = 0; w < WORKERS; w++)
        others[w] = begin_thread(worker, (void *)(uintptr_t)w);
    others[WORKERS] = begin_thread(exporter, NULL);
    for (int i = 0; i < 2000; i++) {
        classify_threads_pause(&threads);
        source.annotated = i % 2 ? annotated : NULL; // nobody looks at it now
        classify_threads_serve(&threads, &source, false);
        if (i % 2 == 1) // else it is taken away again while threads are about to look at it
            sched_yield();
        assert_false(classify_threads_hang(&threads));
    }
    for (unsigned int i = 0; i < COUNT(others); i++)
        join_thread(others[i]);
    classify_threads_end(&threads);
    for (unsigned int w = 0; w < WORKERS; w++)
        assert_int_equal(classified->rings[w].samples_tail, SAMPLES);
    free(samples);
    free(classified);
    free(annotations);
    free(annotated);
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_classify)};
    return cmocka_run_group_tests_name("junction-classify under ThreadSanitizer", tests, NULL, NULL);
}
