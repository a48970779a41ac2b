// SPDX-License-Identifier: BSD-3-Clause
// junction-classify's rings, with an engine that says of each sample what the test wants: what is moved, in which order, and
// what becomes of regions whose writers have gone wrong.
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "classify_rings.h"
#include "test.h"

enum { WORKERS = 4, RING = 8, THREADS = 2 };

// The engine.
static struct {
    unsigned int taken, forgotten[WORKERS], workers[64], texts;
    uint64_t starts[64];
    bool silent;
} seen;

struct engine {
    int nothing;
};

bool
engine_sample_is_sound(const struct jn_sample *sample) {
    return (sample->kind == JN_SAMPLE_PACKET || sample->kind == JN_SAMPLE_END) && sample->length <= JN_SAMPLE_BYTES;
}

void
engine_take(struct engine *engine, unsigned int worker, const struct jn_sample *sample, bool answers_all,
            struct engine_output *out) {
    (void)engine, (void)answers_all;
    seen.workers[seen.taken % 64] = worker;
    seen.starts[seen.taken++ % 64] = sample->flow.start_ns;
    *out = (struct engine_output){.answered = !seen.silent, .annotation_count = seen.texts};
    out->answer = (struct jn_answer){.flow = sample->flow, .application = 91};
    for (unsigned int i = 0; i < seen.texts; i++)
        out->annotations[i] = (struct jn_annotation){.flow = sample->flow, .kind = JN_ANNOTATION_JA3, .length = 1};
}

void
engine_forget_worker(struct engine *engine, unsigned int worker) {
    (void)engine;
    seen.forgotten[worker]++;
}

// The regions, each in memory of its own whose end a sanitizer sees.
static struct jn_samples_region *samples;
static struct jn_classified_region *classified;
static struct jn_annotations_region *annotations;
static struct jn_annotated_region *annotated;
static struct classify_source source;
static const struct classify_source *wanted;
static struct classify_lane lanes[THREADS];

static void *
memory(size_t size) {
    void *base = aligned_alloc(64, (size + 63) / 64 * 64);
    assert_non_null(base);
    return memset(base, 0, size);
}

static int
set_up(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    memset(&seen, 0, sizeof(seen));
    memset(lanes, 0, sizeof(lanes));
    memset(&source, 0, sizeof(source));
    samples = memory(jn_samples_size(WORKERS, RING));
    classified = memory(jn_classified_size(JN_MAX_WORKERS));
    annotations = memory(jn_annotations_size(THREADS));
    annotated = memory(sizeof(*annotated));
    jn_samples_init(samples, WORKERS, RING);
    jn_classified_init(classified, JN_MAX_WORKERS, THREADS);
    jn_annotations_init(annotations, THREADS);
    samples->header.boot = 7;
    samples->records_boot = 70;
    classified->header.boot = 8;
    annotations->header.boot = 9;
    assert_int_equal(classify_source_take(&source, samples, jn_samples_size(WORKERS, RING), err), 0);
    wanted = &source;
    for (unsigned int t = 0; t < THREADS; t++) {
        lanes[t].wanted = &wanted;
        classify_lane_open(&lanes[t], classified, annotations, t);
        classify_lane_begin(&lanes[t], &source);
    }
    return 0;
}

static int
tear_down(void **state) {
    (void)state;
    free(samples);
    free(classified);
    free(annotations);
    free(annotated);
    return 0;
}

static void
put(unsigned int w, uint64_t start, unsigned int kind, unsigned int length) {
    struct jn_sample_ring *ring = &samples->rings[w];
    struct jn_sample *sample = (struct jn_sample *)((char *)samples + jn_samples_size(w, RING)) + (ring->head % RING);
    *sample = (struct jn_sample){.flow.start_ns = start, .kind = (uint8_t)kind, .length = (uint16_t)length};
    ring->head++;
}

static const struct jn_answer *
answer(unsigned int w, uint64_t number) {
    return (const struct jn_answer *)((char *)classified + jn_classified_size(w)) + number % JN_ANSWERS;
}

static void
test_a_sample_brings_texts_and_an_answer(void **state) {
    (void)state;
    seen.texts = 2;
    put(1, 100, JN_SAMPLE_PACKET, 40);
    put(1, 101, JN_SAMPLE_END, 0);
    assert_int_equal(classify_lane_round(&lanes[1], &source), 2);
    assert_int_equal(classified->rings[1].samples_boot, 7);
    assert_int_equal(classified->rings[1].samples_tail, 2);
    assert_int_equal(classified->rings[1].head, 2);
    assert_int_equal(answer(1, 1)->flow.start_ns, 101);
    assert_int_equal(annotations->rings[1].head, 4);
    assert_int_equal(lanes[1].texts[3].boot, 70);
    assert_int_equal(lanes[1].texts[3].flow.start_ns, 101);
    assert_int_equal(classified->counters[1].samples, 2);
    assert_int_equal(classified->counters[1].annotations, 4);
    assert_int_equal(annotations->rings[0].head, 0);
}

// Each worker is one thread's, and its samples come in their order.
static void
test_workers_are_dealt_out(void **state) {
    (void)state;
    for (unsigned int w = 0; w < WORKERS; w++)
        put(w, w, JN_SAMPLE_PACKET, 1);
    assert_int_equal(classify_lane_round(&lanes[0], &source), 2);
    assert_int_equal(seen.workers[0], 0);
    assert_int_equal(seen.workers[1], 2);
    assert_int_equal(classify_lane_round(&lanes[1], &source), 2);
    assert_int_equal(seen.workers[2], 1);
    assert_int_equal(seen.workers[3], 3);
    assert_int_equal(classify_lane_round(&lanes[0], &source) + classify_lane_round(&lanes[1], &source), 0);
}

static void
test_a_head_that_cannot_be_right(void **state) {
    (void)state;
    static const struct {
        uint64_t head;
        unsigned int taken, refused;
    } cases[] = {{0, 0, 0},         {1, 1, 0},          {RING, RING, 0},
                 {RING + 1, 0, 1},  {UINT64_MAX, 0, 1}, {UINT64_MAX / 2, 0, 1},
                 {1ull << 32, 0, 1}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        tear_down(NULL);
        set_up(NULL);
        for (unsigned int n = 0; n < RING; n++)
            put(0, n, JN_SAMPLE_PACKET, 1);
        samples->rings[0].head = cases[i].head;
        assert_int_equal(classify_lane_round(&lanes[0], &source), cases[i].taken);
        assert_int_equal(seen.taken, cases[i].taken);
        assert_int_equal(classified->counters[0].refused_samples, cases[i].refused);
        assert_int_equal(classified->rings[0].samples_tail, cases[i].head);
        // It goes on from there.
        put(0, 1, JN_SAMPLE_PACKET, 1);
        assert_int_equal(classify_lane_round(&lanes[0], &source), 1);
    }
}

static void
test_what_is_not_sound_is_not_looked_at(void **state) {
    (void)state;
    put(0, 1, 0, 40);
    put(0, 2, 255, 40);
    put(0, 3, JN_SAMPLE_PACKET, UINT16_MAX);
    put(0, 4, JN_SAMPLE_PACKET, JN_SAMPLE_BYTES);
    assert_int_equal(classify_lane_round(&lanes[0], &source), 4);
    assert_int_equal(seen.taken, 1);
    assert_int_equal(seen.starts[0], 4);
    assert_int_equal(classified->counters[0].refused_samples, 3);
    assert_int_equal(classified->counters[0].samples, 4);
    assert_int_equal(classified->rings[0].samples_tail, 4);
    assert_int_equal(classified->rings[0].head, 1);
}

// A region whose writer was taken over is refused, or, changed after it was looked at, makes nobody leave its bounds.
static void
test_layouts_that_lie(void **state) {
    (void)state;
    static const struct {
        uint64_t offset;
        uint32_t workers, capacity;
        size_t size;
    } cases[] = {
        {0, WORKERS, RING, 0},          {0, 0, RING, 0},         {0, JN_MAX_WORKERS + 1, RING, 0},
        {0, UINT32_MAX, RING, 0},       {0, WORKERS, 0, 0},      {0, WORKERS, RING - 1, 0},
        {0, WORKERS, 1u << 31, 0},      {64, WORKERS, RING, 0},  {UINT64_MAX - 7, WORKERS, RING, 0},
        {1ull << 40, WORKERS, RING, 0}, {0, WORKERS, RING, 100},
    };
    char err[JN_ERR_MAX];
    struct classify_source other;
    for (size_t i = 0; i < COUNT(cases); i++) {
        samples->worker_count = cases[i].workers;
        samples->rings[0].capacity = cases[i].capacity;
        samples->rings[0].offset = cases[i].offset != 0 ? cases[i].offset : jn_samples_size(0, RING);
        size_t size = cases[i].size != 0 ? cases[i].size : jn_samples_size(WORKERS, RING);
        assert_int_equal(classify_source_take(&other, samples, size, err), i == 0 ? 0 : -EPROTO);
        assert_true(i == 0 || err[0] != '\0');
    }
    memset(&samples->worker_count, 0xff, sizeof(samples->worker_count));
    for (unsigned int w = 0; w < WORKERS; w++) {
        samples->rings[w].capacity = UINT32_MAX;
        samples->rings[w].offset = UINT64_MAX / 2;
        put(w, w, JN_SAMPLE_PACKET, 1);
    }
    assert_int_equal(classify_lane_round(&lanes[0], &source) + classify_lane_round(&lanes[1], &source), WORKERS);
}

// What was waiting when a life died is not looked at again: its first sample may be what it died of.
static void
test_where_a_life_begins(void **state) {
    (void)state;
    static const struct {
        uint64_t served_boot, head, first;
    } cases[] = {{0, 0, 0}, {0, 5, 0}, {0, RING, 0}, {0, RING + 1, RING + 1}, {7, 5, 5}, {6, 5, 0}, {6, 1000, 1000}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        classified->rings[2].samples_boot = cases[i].served_boot;
        samples->rings[2].head = cases[i].head;
        unsigned int before = seen.forgotten[2];
        classify_lane_begin(&lanes[0], &source);
        assert_int_equal(classified->rings[2].samples_tail, cases[i].first);
        assert_int_equal(classified->rings[2].samples_boot, 7);
        assert_int_equal(seen.forgotten[2], before + 1);
    }
}

static void
test_answers_that_find_no_room(void **state) {
    (void)state;
    static const struct {
        uint64_t boot, head, tail, lost;
    } cases[] = {
        {8, 10, 10, 0},
        {8, JN_ANSWERS - 1, 0, 0},
        {8, JN_ANSWERS, 0, 1},
        {8, JN_ANSWERS, 1, 0},
        {8, 5, 6, 1},              // taken before it was written: a worker that lies is full
        {8, 5, UINT64_MAX, 0},     // six are waiting
        {3, JN_ANSWERS * 2, 0, 0}, // no worker has said anything of this region
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        tear_down(NULL);
        set_up(NULL);
        samples->rings[0].answers_boot = cases[i].boot;
        samples->rings[0].answers_tail = cases[i].tail;
        classified->rings[0].head = cases[i].head;
        put(0, 1, JN_SAMPLE_PACKET, 1);
        assert_int_equal(classify_lane_round(&lanes[0], &source), 1);
        assert_int_equal(classified->rings[0].lost, cases[i].lost);
        assert_int_equal(classified->rings[0].head, cases[i].head + 1 - cases[i].lost);
        assert_int_equal(classified->rings[0].samples_tail, 1);
    }
}

static void
test_texts_that_find_no_room(void **state) {
    (void)state;
    static const struct {
        bool reader;
        uint64_t boot, head, tail, lost;
    } cases[] = {
        {false, 0, 0, 0, 0},
        {false, 0, JN_ANNOTATIONS - 1, 0, 0},
        {false, 0, JN_ANNOTATIONS, 0, 1},
        {true, 9, JN_ANNOTATIONS, 1, 0},
        {true, 9, JN_ANNOTATIONS, 0, 1},
        {true, 9, 5, 6, 1},
        {true, 9, 5, UINT64_MAX / 2, 1},
        {true, 4, JN_ANNOTATIONS, 1, 1}, // it speaks of another region
    };
    seen.texts = 1;
    for (size_t i = 0; i < COUNT(cases); i++) {
        tear_down(NULL);
        set_up(NULL);
        seen.texts = 1;
        annotated->taken[0] = (struct jn_annotated_taken){cases[i].boot, cases[i].tail};
        annotations->rings[0].head = cases[i].head;
        source.annotated = cases[i].reader ? annotated : NULL;
        put(0, 1, JN_SAMPLE_PACKET, 1);
        assert_int_equal(classify_lane_round(&lanes[0], &source), 1);
        assert_int_equal(classified->counters[0].annotations_lost, cases[i].lost);
        assert_int_equal(annotations->rings[0].lost, cases[i].lost);
        assert_int_equal(classified->counters[0].annotations, 1 - cases[i].lost);
        assert_int_equal(classified->rings[0].samples_tail, 1);
    }
}

// A ring that was taken over full is not written over as long as nobody says that it was read.
static void
test_texts_of_an_earlier_life_stay(void **state) {
    (void)state;
    annotations->rings[0].head = JN_ANNOTATIONS * 3;
    classify_lane_open(&lanes[0], classified, annotations, 0);
    seen.texts = 1;
    put(0, 1, JN_SAMPLE_PACKET, 1);
    assert_int_equal(classify_lane_round(&lanes[0], &source), 1);
    assert_int_equal(annotations->rings[0].head, JN_ANNOTATIONS * 3);
    assert_int_equal(annotations->rings[0].lost, 1);
}

static void *
take_one_answer(void *argument) {
    (void)argument;
    while (__atomic_load_n(&lanes[0].beats, __ATOMIC_ACQUIRE) < 10)
        ;
    __atomic_store_n(&samples->rings[0].answers_tail, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void *
want_nothing(void *argument) {
    (void)argument;
    while (__atomic_load_n(&lanes[0].beats, __ATOMIC_ACQUIRE) < 10)
        ;
    __atomic_store_n(&wanted, NULL, __ATOMIC_RELEASE);
    return NULL;
}

// In a replay nothing is lost while somebody takes what there is; and a wait is no reason not to end.
static void
test_a_replay_waits_for_room(void **state) {
    (void)state;
    static const struct {
        void *(*other)(void *);
        uint64_t lost;
    } cases[] = {{take_one_answer, 0}, {want_nothing, 1}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        pthread_t id;
        tear_down(NULL);
        set_up(NULL);
        source.waits = true;
        samples->rings[0].answers_boot = 8;
        classified->rings[0].head = JN_ANSWERS;
        put(0, 1, JN_SAMPLE_PACKET, 1);
        assert_int_equal(pthread_create(&id, NULL, cases[i].other, NULL), 0);
        assert_int_equal(classify_lane_round(&lanes[0], &source), 1);
        pthread_join(id, NULL);
        assert_int_equal(classified->rings[0].lost, cases[i].lost);
        assert_int_equal(classified->rings[0].head, JN_ANSWERS + 1 - cases[i].lost);
    }
}

// An exporter that takes nothing is waited for once, also while workers take their answers.
static void
test_what_is_hopeless_is_not_waited_for_again(void **state) {
    (void)state;
    source.waits = true;
    seen.texts = 1;
    annotations->rings[0].head = JN_ANNOTATIONS;
    lanes[0].texts_hopeless = true;
    for (uint64_t i = 0; i < 3; i++)
        put(0, i, JN_SAMPLE_PACKET, 1);
    assert_int_equal(classify_lane_round(&lanes[0], &source), 3);
    assert_int_equal(lanes[0].beats, 3);
    assert_int_equal(annotations->rings[0].lost, 3);
    assert_int_equal(classified->rings[0].head, 3);
    annotated->taken[0] = (struct jn_annotated_taken){9, JN_ANNOTATIONS};
    source.annotated = annotated;
    put(0, 3, JN_SAMPLE_PACKET, 1);
    assert_int_equal(classify_lane_round(&lanes[0], &source), 1);
    assert_int_equal(annotations->rings[0].head, JN_ANNOTATIONS + 1);
    assert_false(lanes[0].texts_hopeless);
}

#define ONE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void) {
    const struct CMUnitTest tests[] = {
        ONE(test_a_sample_brings_texts_and_an_answer),
        ONE(test_workers_are_dealt_out),
        ONE(test_a_head_that_cannot_be_right),
        ONE(test_what_is_not_sound_is_not_looked_at),
        ONE(test_layouts_that_lie),
        ONE(test_where_a_life_begins),
        ONE(test_answers_that_find_no_room),
        ONE(test_texts_that_find_no_room),
        ONE(test_texts_of_an_earlier_life_stay),
        ONE(test_a_replay_waits_for_room),
        ONE(test_what_is_hopeless_is_not_waited_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
