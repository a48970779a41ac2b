// SPDX-License-Identifier: BSD-3-Clause
// From junction-classify's rings into documents: order, restarts of either side, and a junction-classify that lies and floods.
#include <pthread.h>
#include <sched.h>

#include "export_annotations.h"
#include "protocols.h"
#include "random.h"
#include "test.h"

enum { RING = 4096, FLOWS = 1024 };

static char instance[JN_INSTANCE_MAX];
static struct jn_shm records, texts;
static struct jn_records_region *region;
static struct jn_annotations_region *annotations; // NULL: no junction-classify has begun
static struct aggregator aggregator;
static struct annotated kept;
static uint32_t kept_flows;
static struct names names;
static struct memory_sink sink;
static struct delivery delivery;
static struct drain drain;

static void
start_exporter(void) {
    char err[JN_ERR_MAX];
    assert_true(aggregate_open(&aggregator, instance, FLOWS, err) >= 0);
    assert_true(annotated_open(&kept, instance, kept_flows, err) >= 0);
    names_open(&names, instance);
    open_memory_delivery(&delivery, &sink);
    drain_open(&drain, instance, &aggregator, &delivery, "edge-1", &names);
    drain_annotate(&drain, &kept);
    if (drain_attach(&drain, err) != 0)
        fail_msg("%s", err);
}

static void
stop_exporter(bool remove) {
    drain_close(&drain);
    annotated_close(&kept, remove);
    aggregate_close(&aggregator, remove);
    delivery_close(&delivery);
    names_close(&names);
}

static int
setup(void **state) {
    (void)state;
    random_instance(instance);
    region = make_records(&records, instance, 1, RING);
    annotations = NULL;
    kept_flows = 64;
    start_exporter();
    return 0;
}

static int
teardown(void **state) {
    (void)state;
    stop_exporter(true);
    jn_shm_remove(&records);
    if (annotations != NULL)
        jn_shm_remove(&texts);
    return 0;
}

static void
run(void) {
    for (int idle = 0; idle < 2;)
        idle = drain_step(&drain) > 0 ? 0 : idle + 1;
}

static void
say(unsigned int ring, const struct jn_record *record, enum jn_annotation_kind kind, const char *text) {
    struct jn_annotation a = annotation_of(record, kind, text);
    annotate(annotations, ring, &a);
}

static const char *
name_in(size_t document) {
    return text_at(json_array_get(sink.documents, document), "tls/client/server_name");
}

// junction-classify came a moment ago, and nobody has looked since: in a replay all of it happens within one.
static void
test_a_record_finds_its_texts(void **state) {
    (void)state;
    struct jn_record r = seen_record(0, 7, 91, 0);
    drain_step(&drain);
    annotations = make_annotations(&texts, instance, 2);
    say(1, &r, JN_ANNOTATION_SERVER_NAME, "a.example.org");
    assert_true(push(region, 0, r));
    run();
    assert_string_equal(name_in(0), "a.example.org");
    r.flow.flow_idx = 8; // and the next ones by a step
    say(0, &r, JN_ANNOTATION_SERVER_NAME, "b.example.org");
    assert_true(push(region, 0, r));
    run();
    assert_string_equal(name_in(1), "b.example.org");
}

// Texts that come after a flow's first document are in the next, and in what a repetition of its end brings.
static void
test_texts_of_all_documents_of_a_flow(void **state) {
    (void)state;
    struct jn_record r = seen_record(0, 7, 91, 0);
    annotations = make_annotations(&texts, instance, 1);
    assert_true(push(region, 0, r));
    run();
    say(0, &r, JN_ANNOTATION_SERVER_NAME, "a.example.org");
    assert_true(push(region, 0, r));
    r.flow.end_reason = JN_END_DETECTED;
    assert_true(push(region, 0, r));
    assert_true(push(region, 0, r));
    r.boot++; // another life's flow of the same number
    assert_true(push(region, 0, r));
    run();
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(name_in(i), i == 0 || i == 4 ? "(none)" : "a.example.org");
}

// Documents that come twice have their names twice, and what was taken is not taken again.
static void
test_the_exporter_is_started_again(void **state) {
    (void)state;
    struct jn_record r = seen_record(0, 7, 91, 0);
    annotations = make_annotations(&texts, instance, 1);
    r.flow.end_reason = JN_END_IDLE;
    say(0, &r, JN_ANNOTATION_SERVER_NAME, "a.example.org");
    assert_true(push(region, 0, r));
    sink.hold = true;
    run();
    assert_string_equal(name_in(0), "a.example.org");
    stop_exporter(false);
    start_exporter();
    say(0, &r, JN_ANNOTATION_ALPN, "h2");
    run();
    assert_int_equal(json_array_size(sink.documents), 1);
    assert_string_equal(name_in(0), "a.example.org");
    assert_int_equal(kept.region->taken[0].tail, 2);
    assert_int_equal(kept.region->taken_ever, 2);
}

// Its region is another file then, with another boot: what the former one had written is read before.
static void
test_the_classifier_is_started_again(void **state) {
    (void)state;
    struct jn_record r[2] = {seen_record(0, 7, 91, 0), seen_record(0, 8, 91, 0)};
    annotations = make_annotations(&texts, instance, 2);
    annotation_rings_look(&drain.annotations, true);
    say(1, &r[0], JN_ANNOTATION_SERVER_NAME, "a.example.org");
    annotations->rings[0].lost = 3;
    jn_shm_detach(&texts); // it dies, and another one makes the region anew
    annotations = make_annotations(&texts, instance, 1);
    annotations->rings[0].lost = 4;
    say(0, &r[1], JN_ANNOTATION_SERVER_NAME, "b.example.org");
    annotation_rings_look(&drain.annotations, true);
    assert_true(push(region, 0, r[0]));
    assert_true(push(region, 0, r[1]));
    run();
    assert_string_equal(name_in(0), "a.example.org");
    assert_string_equal(name_in(1), "b.example.org");
    assert_true(kept.region->taken[0].boot == annotations->header.boot && kept.region->taken[0].tail == 1);
    assert_int_equal(kept.region->taken[1].boot, 0);
    assert_int_equal(annotation_rings_lost(&drain.annotations), 7);
}

static void
test_lies_are_refused_and_counted(void **state) {
    (void)state;
    struct jn_record r = seen_record(0, 7, 91, 0);
    annotations = make_annotations(&texts, instance, 1);
    say(0, &r, JN_ANNOTATION_SERVER_NAME, "a\tb");
    say(0, &r, 77, "a");
    say(0, &r, JN_ANNOTATION_SERVER_NAME, "a.example.org");
    assert_true(push(region, 0, r));
    run();
    assert_string_equal(name_in(0), "a.example.org");
    assert_int_equal(kept.region->refused, 2);
    annotations->rings[0].head += UINT64_C(1) << 40; // more than the ring has: what is there is not asked for
    annotation_rings_take(&drain.annotations);
    assert_int_equal(kept.region->refused, 3);
    annotations->rings[0].head -= 1; // backwards
    annotation_rings_take(&drain.annotations);
    assert_int_equal(kept.region->refused, 4);
    static struct status status; // which no interval asks for here
    drain.emission.status = &status;
    drain_step(&drain);
    assert_true(status.texts.refused == 4 && status.texts.boot == kept.region->header.boot);
    drain.emission.status = NULL;
    r.flow.flow_idx = 8;
    say(0, &r, JN_ANNOTATION_SERVER_NAME, "b.example.org"); // it has come to its senses
    assert_true(push(region, 0, r));
    run();
    assert_string_equal(name_in(1), "b.example.org");
}

// A region that cannot be right is not read, and records go on.
static void
test_a_region_that_cannot_be_right(void **state) {
    (void)state;
    struct jn_record r = seen_record(0, 7, 91, 0);
    annotations = make_annotations(&texts, instance, 1);
    annotations->rings[0].offset = UINT64_MAX - 7;
    annotations->rings[0].head = 1;
    assert_true(push(region, 0, r));
    run();
    assert_string_equal(name_in(0), "(none)");
    assert_int_equal(drain.annotations.count, 0);
}

// A flood costs names: a step takes a bounded number of annotations, and records are read all the same.
static void
test_a_flood_does_not_keep_records_waiting(void **state) {
    (void)state;
    annotations = make_annotations(&texts, instance, JN_CLASSIFY_THREADS);
    annotation_rings_look(&drain.annotations, true);
    for (unsigned int step = 0; step < 20; step++) {
        for (unsigned int ring = 0; ring < JN_CLASSIFY_THREADS; ring++)
            annotations->rings[ring].head = kept.region->taken[ring].tail + JN_ANNOTATIONS;
        uint64_t refused = kept.region->refused;
        assert_true(push(region, 0, seen_record(0, step, 91, 0)));
        assert_true(drain_step(&drain) > 0);
        assert_int_equal(kept.region->refused - refused, ANNOTATIONS_STEP);
        assert_true(drain_empty(&drain));
    }
    run();
    assert_int_equal(json_array_size(sink.documents), 20);
}

enum { PAIRS = 4000, AHEAD = 32 };

// As junction-classify and then a worker write: texts before the answer, a record after it.
static void *
write_pairs(void *context) {
    (void)context;
    for (uint32_t i = 0; i < PAIRS; i++) {
        struct jn_record r = seen_record(0, i, 91, 0);
        r.flow.end_reason = JN_END_IDLE;
        while (i > AHEAD && __atomic_load_n(&kept.region->taken[0].tail, __ATOMIC_ACQUIRE) < i - AHEAD)
            sched_yield();
        say(0, &r, JN_ANNOTATION_SERVER_NAME, "a.example.org");
        while (!push(region, 0, r))
            sched_yield();
    }
    return NULL;
}

// Whenever the exporter looks, it never sees a record without its texts.
static void
test_no_record_overtakes_its_texts(void **state) {
    (void)state;
    pthread_t writer;
    stop_exporter(true);
    kept_flows = 2048; // more than four flows of a set are never open at once
    annotations = make_annotations(&texts, instance, 1);
    start_exporter();
    assert_int_equal(pthread_create(&writer, NULL, write_pairs, NULL), 0);
    while (json_array_size(sink.documents) < PAIRS)
        drain_step(&drain);
    pthread_join(writer, NULL);
    for (size_t i = 0; i < PAIRS; i++)
        assert_string_equal(name_in(i), "a.example.org");
}

// Random bytes in the ring, and a head anywhere.
static void
test_random_annotations(void **state) {
    (void)state;
    uint64_t seed = RANDOM_SEED;
    annotations = make_annotations(&texts, instance, 1);
    annotation_rings_look(&drain.annotations, true);
    uint64_t *words = (uint64_t *)((char *)annotations + annotations->rings[0].offset);
    for (unsigned int i = 0; i < 200; i++) {
        for (size_t w = 0; w < 64 * sizeof(struct jn_annotation) / 8; w++) {
            words[w] = random_next(&seed) & UINT64_C(0x7f1f7f1f7f1f7f1f);
        }
        annotations->rings[0].head += seed % (2 * JN_ANNOTATIONS);
        assert_true(push(region, 0, seen_record(0, i, 91, 0)));
        run();
    }
    assert_int_equal(json_array_size(sink.documents), 200);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_a_record_finds_its_texts),
        TEST(test_texts_of_all_documents_of_a_flow),
        TEST(test_the_exporter_is_started_again),
        TEST(test_the_classifier_is_started_again),
        TEST(test_lies_are_refused_and_counted),
        TEST(test_a_region_that_cannot_be_right),
        TEST(test_a_flood_does_not_keep_records_waiting),
        TEST(test_no_record_overtakes_its_texts),
        TEST(test_random_annotations),
    };
    protocols_init();
    return cmocka_run_group_tests_name("annotations", tests, make_run_directory, remove_run_directory);
}
