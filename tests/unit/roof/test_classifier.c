// SPDX-License-Identifier: BSD-3-Clause
// Workers are told of a classifier that is there: it lives, has taken up this dataplane's samples, and takes them. One that is
// made anew is another life.
#include <unistd.h>

#include "classifier.h"
#include "regions.h"
#include "run_directory.h"

enum { WORKERS = 2, RING = 64 };

static struct jn_app app;
static struct jn_thread threads[WORKERS];
static struct jn_rooms rooms[WORKERS];
static struct jn_shm shm;
static struct jn_classified_region *classified;

static int
set_up(void **state) {
    static char instance[JN_INSTANCE_MAX];
    char err[JN_ERR_MAX] = "";
    if (make_run_directory(state) < 0)
        return -1;
    snprintf(instance, sizeof(instance), "classifier-%d", (int)getpid());
    memset(&app, 0, sizeof(app));
    memset(rooms, 0, sizeof(rooms));
    app.options = (struct jn_options){.instance = instance,
                                      .worker_count = WORKERS,
                                      .flow_entries = 64,
                                      .record_entries = 64,
                                      .classify = RING,
                                      .vpgs = 16};
    for (unsigned int w = 0; w < WORKERS; w++) {
        jn_rooms_join(&threads[w].worker, &rooms[w]);
        app.threads[w] = &threads[w];
    }
    return jn_regions_make(&app, err);
}

static int
tear_down(void **state) {
    if (shm.base != NULL)
        jn_shm_remove(&shm);
    jn_regions_remove(&app);
    return remove_run_directory(state);
}

static void
begin_classifier(unsigned int workers) {
    char err[JN_ERR_MAX] = "";
    assert_int_equal(jn_shm_create(&shm, app.options.instance, JN_REGION_CLASSIFIED, jn_classified_size(workers), 0,
                                   false, false, err),
                     0);
    classified = shm.base;
    jn_classified_init(classified, workers, 1);
    jn_shm_ready(&shm);
}

static void
take_up(unsigned int w) {
    classified->rings[w].samples_boot = app.samples->header.boot;
}

static const struct jn_classifier_life *
told(unsigned int w) {
    return rooms[w].flow.sampling.shared;
}

static void
test_samples_are_laid_out(void **state) {
    char err[JN_ERR_MAX] = "";
    (void)state;
    assert_int_equal(jn_samples_check(app.samples, app.samples_shm.size, err), 0);
    assert_int_equal(app.samples->worker_count, WORKERS);
    assert_int_equal(app.samples->rings[1].capacity, RING);
    assert_int_equal(app.samples->records_boot, app.counters->header.boot);
    assert_int_equal(app.samples->waits, 0);
}

static void
test_it_has_to_take_up_the_samples(void **state) {
    (void)state;
    assert_false(jn_classifier_watch(&app));
    assert_null(told(0));
    begin_classifier(WORKERS);
    assert_false(jn_classifier_watch(&app));
    assert_null(told(0));
    take_up(1);
    jn_classifier_watch(&app);
    assert_null(told(0));
    assert_int_equal(told(1)->boot, classified->header.boot);
    assert_int_equal(told(1)->number, 1);
    take_up(0);
    jn_classifier_watch(&app);
    const char *base = app.classifier.follow.now.base;
    assert_ptr_equal(told(0)->answers, base + classified->rings[0].offset);
    assert_ptr_equal(told(1)->answers, base + classified->rings[1].offset);
    assert_true(jn_classifier_await(&app));
}

// Offsets that it changes later lead nowhere else.
static void
test_its_offsets_are_not_asked(void **state) {
    (void)state;
    begin_classifier(WORKERS);
    classified->rings[0].offset = UINT64_MAX / 2;
    take_up(0);
    jn_classifier_watch(&app);
    assert_ptr_equal(told(0)->answers, (const char *)app.classifier.follow.now.base + jn_classified_size(0));
}

static void
test_a_region_of_fewer_workers_is_none(void **state) {
    (void)state;
    begin_classifier(1);
    take_up(0);
    jn_classifier_watch(&app);
    assert_null(told(0));
    assert_null(app.classifier.follow.now.base);
}

// Samples wait, and no more are taken: time passes by the clock and by our looks.
static void
test_one_that_is_stuck_is_away(void **state) {
    (void)state;
    begin_classifier(WORKERS);
    take_up(0);
    take_up(1);
    jn_classifier_watch(&app);
    app.samples->rings[0].head = 3;
    for (unsigned int i = 0; i < 40; i++) {
        jn_classifier_watch(&app);
        if (i == 10)
            app.classifier.looks[0].since_ns -= 3000000000u;
        if (i == 10)
            assert_non_null(told(0));
    }
    assert_null(told(0));
    assert_non_null(told(1));
    classified->rings[0].samples_tail = 1;
    jn_classifier_watch(&app);
    assert_non_null(told(0));
    assert_int_equal(told(0)->number, 1);
}

static void
test_a_dead_one_is_away_and_comes_again(void **state) {
    (void)state;
    begin_classifier(WORKERS);
    take_up(0);
    jn_classifier_watch(&app);
    uint64_t boot = told(0)->boot;
    jn_shm_remove(&shm); // its life ends with it
    jn_classifier_watch(&app);
    assert_null(told(0));
    begin_classifier(WORKERS);
    take_up(0);
    assert_true(jn_classifier_watch(&app)); // the former region is to be forgotten
    assert_int_not_equal(told(0)->boot, boot);
    assert_int_equal(told(0)->number, 2);
    jn_classifier_forget(&app);
    assert_false(jn_classifier_watch(&app));
    assert_non_null(told(0));
}

// It was killed, and goes on with its region.
static void
test_another_life_in_the_same_region(void **state) {
    char err[JN_ERR_MAX] = "";
    (void)state;
    begin_classifier(WORKERS);
    take_up(0);
    assert_false(jn_classifier_watch(&app));
    uint64_t boot = told(0)->boot;
    jn_shm_detach(&shm);
    assert_int_equal(jn_shm_create(&shm, app.options.instance, JN_REGION_CLASSIFIED, jn_classified_size(WORKERS), 0,
                                   false, true, err),
                     1);
    jn_shm_ready(&shm);
    assert_true(jn_classifier_watch(&app));
    assert_int_equal(told(0)->boot, boot);
    assert_int_equal(told(0)->number, 2);
    jn_classifier_forget(&app);
    assert_false(jn_classifier_watch(&app));
    assert_int_equal(told(0)->number, 2);
}

int
main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_samples_are_laid_out),
        TEST(test_it_has_to_take_up_the_samples),
        TEST(test_its_offsets_are_not_asked),
        TEST(test_a_region_of_fewer_workers_is_none),
        TEST(test_one_that_is_stuck_is_away),
        TEST(test_a_dead_one_is_away_and_comes_again),
        TEST(test_another_life_in_the_same_region),
    };
    return cmocka_run_group_tests_name("classifier", tests, NULL, NULL);
}
