// SPDX-License-Identifier: BSD-3-Clause
// When junction run gives a dataplane up: when it never served, however long it took to fail.
#include "part.h"
#include "test.h"

static const struct row {
    const char *name;
    bool serves;
    long lives_ms;
    int deaths; // until it is given up, 0: never
    int exits;  // with that status
} rows[] = {
    {"fails at once", false, 10, PART_START_UP_DEATHS, 1},
    {"cannot do what is configured", false, 10, 1, JN_EXIT_CANNOT},
    {"says so after it has served", true, PART_START_UP_MS, 0, JN_EXIT_CANNOT},
    {"fails after long, as with many huge pages and ports", false, PART_START_UP_MS * 4, PART_START_UP_DEATHS, 1},
    {"serves, and dies soon", true, 1000, PART_START_UP_DEATHS, 1},
    {"serves for a while", true, PART_START_UP_MS, 0, 1},
};

static void
test_given_up(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct part part = {.name = "junction-dataplane", .number = JN_PART_DATAPLANE};
        long now_ms = 0;
        int deaths = 0;
        bool kept = true;
        print_message("%s\n", rows[i].name);
        while (kept && deaths < 3 * PART_START_UP_DEATHS) {
            part_started(&part, 4711, now_ms);
            if (rows[i].serves)
                part_serves(&part);
            kept = part_died(&part, rows[i].exits << 8, now_ms += rows[i].lives_ms);
            deaths++;
        }
        assert_int_equal(kept ? 0 : deaths, rows[i].deaths);
    }
}

// It has served for long once: then no failure to start ends the traffic for good.
static void
test_served_once(void **state) {
    (void)state;
    struct part part = {.name = "junction-dataplane", .number = JN_PART_DATAPLANE};
    part_started(&part, 4711, 0);
    part_serves(&part);
    assert_true(part_died(&part, 1 << 8, PART_START_UP_MS));
    for (long now_ms = 10000; now_ms < 10000 + 3 * PART_START_UP_DEATHS; now_ms++) {
        part_started(&part, 4711, now_ms);
        assert_true(part_died(&part, 1 << 8, now_ms));
    }
}

// What is beside the dataplane is never given up.
static void
test_beside(void **state) {
    (void)state;
    struct part part = {.name = "junction-export", .number = JN_PART_EXPORT};
    for (long now_ms = 0; now_ms < 3 * PART_START_UP_DEATHS; now_ms++) {
        part_started(&part, 4711, now_ms);
        assert_true(part_died(&part, 1 << 8, now_ms));
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_given_up), cmocka_unit_test(test_served_once),
                                       cmocka_unit_test(test_beside)};
    return cmocka_run_group_tests_name("part", tests, NULL, NULL);
}
