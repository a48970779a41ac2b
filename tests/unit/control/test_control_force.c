// SPDX-License-Identifier: BSD-3-Clause
// Since when a policy is in force and how long that took, as junction-control knows it and junctionctl shows it.
#define _GNU_SOURCE
#include "control_command.h"
#include "test.h"

#include <time.h>

// What is known: of a policy that is not in force, neither.
enum known { NEITHER, SINCE, BOTH };

static double
wall_clock(void) {
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static json_t *
status_of(void) {
    json_t *answer = ask("{\"id\":1,\"method\":\"status\"}"), *result = json_incref(json_object_get(answer, "result"));
    json_decref(answer);
    return result;
}

// Until it is in force, or is not. It came into force after `begin`. Microseconds that it took; -1: not known.
static long
expect_known(bool in_force, enum known known, double begin) {
    json_t *status = status_of();
    while (json_is_true(json_object_get(status, "in_force")) != in_force) {
        json_decref(status);
        status = status_of();
    }
    const json_t *since = json_object_get(status, "in_force_since"),
                 *after = json_object_get(status, "in_force_after_seconds");
    assert_int_equal(json_is_real(since), known != NEITHER);
    assert_int_equal(json_is_real(after), known == BOTH);
    if (known != NEITHER)
        assert_true(json_real_value(since) >= begin && json_real_value(since) <= wall_clock());
    long took = known == BOTH ? (long)(json_real_value(after) * 1e6 + 0.5) : -1;
    json_decref(status);
    return took;
}

static void
expect_shown(bool since, bool after) {
    json_t *answer = run_json("status", "processes");
    assert_int_equal(json_is_real(json_object_get(answer, "in_force_since")), since);
    assert_int_equal(json_is_real(json_object_get(answer, "in_force_after_seconds")), after);
    json_decref(answer);
    assert_int_equal(RUN("show", "status"), 0);
    const char *line = strstr(output, "in force since "), *end = line != NULL ? strchr(line, '\n') : NULL;
    assert_non_null(end);
    assert_int_equal(memmem(line, (size_t)(end - line), " UTC", 4) != NULL, since);
    assert_int_equal(memmem(line, (size_t)(end - line), " UTC, after ", 12) != NULL, after);
}

static void
test_a_change(void **state) {
    (void)state;
    struct fake fake;
    double begin = wall_clock();
    struct child control = start_both(&fake, 2, sound_config);
    assert_true(expect_known(true, BOTH, begin) > 0);
    expect_shown(true, true);
    begin = wall_clock();
    json_t *answer = ask("{\"id\":1,\"method\":\"reload\"}");
    assert_int_equal(expect_known(true, BOTH, begin), result_number(answer, "microseconds"));
    json_decref(answer);
    stop_both(&control, &fake);
}

// Another junction-control publishes nothing where the file says what is in force: since when is not known. Of another dataplane
// it is.
static void
test_a_death(void **state) {
    (void)state;
    struct fake fake;
    struct child control = start_both(&fake, 2, sound_config);
    assert_int_equal(end_child(&control, SIGKILL), 128 + SIGKILL);
    control = start_control();
    expect_known(true, NEITHER, 0);
    fake_stop(&fake);
    expect_known(false, NEITHER, 0);
    double begin = wall_clock();
    fake_start(&fake, 2);
    expect_known(true, SINCE, begin);
    expect_shown(true, false);
    stop_both(&control, &fake);
    expect_shown(false, false);
}

static void
test_a_dataplane_that_comes_later(void **state) {
    (void)state;
    struct fake fake;
    write_text(config_path, sound_config);
    struct child control = start_control();
    expect_known(false, NEITHER, 0);
    double begin = wall_clock();
    fake_start(&fake, 2);
    expect_known(true, SINCE, begin);
    stop_both(&control, &fake);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_change),
        cmocka_unit_test(test_a_death),
        cmocka_unit_test(test_a_dataplane_that_comes_later),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
