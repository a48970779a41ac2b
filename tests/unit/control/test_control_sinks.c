// SPDX-License-Identifier: BSD-3-Clause
// What is shown of sinks, from regions that only look like an exporter's.
#define _GNU_SOURCE
#include "control_command.h"
#include "sinks.h"
#include "test.h"

#define LONG_NAME "a-name-of-as-many-bytes-as-fit."

static void
make_sinks(struct jn_shm *shm) {
    assert_int_equal(
        jn_shm_create(shm, instance, JN_REGION_SINKS, sizeof(struct jn_sinks_region), 1, false, false, err), 0);
    struct jn_sinks_region *region = shm->base;
    struct jn_sink_view *well = &region->sinks[0], *ill = &region->sinks[3];
    *well = (struct jn_sink_view){.name = "main", .type = "kafka", .state = JN_SINK_STATE_DIRECT};
    well->counters[JN_SINK_COUNTER_DELIVERED] = 1234567;
    well->counters[JN_SINK_COUNTER_RETRIED] = 3;
    well->gauges[JN_SINK_GAUGE_IN_MEMORY] = 42;
    well->gauges[JN_SINK_GAUGE_IN_FLIGHT] = 17;
    well->gauges[JN_SINK_GAUGE_RTT_US] = 1500;
    *ill = (struct jn_sink_view){.name = LONG_NAME, .type = "elasticsearch", .state = JN_SINK_STATE_SPOOLING};
    ill->gauges[JN_SINK_GAUGE_SPOOL_DOCUMENTS] = 99999999;
    ill->gauges[JN_SINK_GAUGE_SPOOL_OLDEST_NS] = 1;
    ill->counters[JN_SINK_COUNTER_DELIVERED] = 999990;
    ill->lost[JN_SINK_LOSS_SPOOL_FULL] = (struct jn_sink_amount){5, 500, 5000};
    ill->lost[JN_SINK_LOSS_REFUSED] = (struct jn_sink_amount){2, 20, 200};
    ill->in_trouble = 1;
    ill->trouble_ns = 1;
    strcpy(ill->trouble, "https://index.example:9200 answers 503 to each request: the cluster has no elected master, "
                         "and so it takes no documents");
    strcpy(ill->advice, "look at the logs of its nodes");
    strcpy(region->sinks[5].name, "unused");
    jn_shm_ready(shm);
}

static void
test_what_each_sink_has(void **state) {
    (void)state;
    struct jn_shm shm;
    make_sinks(&shm);
    json_t *answer = run_json("sinks", "sinks"), *list = json_object_get(answer, "sinks");
    assert_true(json_is_true(json_object_get(answer, "running")));
    assert_int_equal(json_array_size(list), 2);
    const json_t *well = json_array_get(list, 0), *ill = json_array_get(list, 1);
    assert_string_equal(json_string_value(json_object_get(well, "sink")), "main");
    assert_string_equal(json_string_value(json_object_get(well, "type")), "kafka");
    assert_string_equal(json_string_value(json_object_get(well, "state")), "direct");
    static const struct {
        const char *key;
        json_int_t well, ill;
    } rows[] = {
        {"delivered", 1234567, 999990},   {"retried", 3, 0},      {"waiting", 59, 0},       {"in_flight", 17, 0},
        {"spool_documents", 0, 99999999}, {"lost_records", 0, 7}, {"lost_packets", 0, 520}, {"lost_bytes", 0, 5200},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(json_integer_value(json_object_get(well, rows[i].key)), rows[i].well);
        assert_int_equal(json_integer_value(json_object_get(ill, rows[i].key)), rows[i].ill);
    }
    assert_true(json_real_value(json_object_get(well, "rtt_ms")) == 1.5);
    assert_true(json_is_null(json_object_get(well, "spool_seconds")));
    assert_true(json_real_value(json_object_get(ill, "spool_seconds")) > 1e9);
    assert_true(json_is_false(json_object_get(well, "in_trouble")));
    assert_true(json_is_true(json_object_get(ill, "in_trouble")));
    assert_string_equal(json_string_value(json_object_get(ill, "advice")), "look at the logs of its nodes");
    const json_t *lost = json_object_get(json_object_get(ill, "lost"), "spool_full");
    assert_int_equal(json_integer_value(json_object_get(lost, "packets")), 500);
    json_decref(answer);
    jn_shm_remove(&shm);
}

// Within 120 columns, and what to do about those in trouble alone.
static void
test_the_table(void **state) {
    (void)state;
    struct jn_shm shm;
    make_sinks(&shm);
    assert_int_equal(RUN("show", "sinks"), 0);
    for (const char *line = output; *line != '\0'; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > 120)
            fail_msg("too long: %s", output);
    static const char *const wanted[] = {
        "main ",
        "1.23 M",
        LONG_NAME,
        LONG_NAME
        ": https://index.example:9200 answers 503 to each request: the cluster has no elected\n  master, and so",
        "; look at the logs of its nodes\n",
        LONG_NAME ": 5 documents lost (500 packets, 5000 bytes): the spool had reached its largest size, or\n",
        LONG_NAME ": 2 documents lost (20 packets, 200 bytes): the sink refused them",
    };
    for (size_t i = 0; i < COUNT(wanted); i++)
        if (strstr(output, wanted[i]) == NULL)
            fail_msg("expected %s in\n%s", wanted[i], output);
    assert_null(strstr(output, "main: "));
    assert_null(strstr(output, "unused"));
    assert_null(strstr(output, "is not running"));
    jn_shm_remove(&shm);
}

static json_t *
status_member(const char *key) {
    assert_int_equal(RUN("show", "status", "--json"), 0);
    json_t *answer = json_loads(output, 0, NULL);
    json_t *value = json_incref(json_object_get(answer, key));
    json_decref(answer);
    return value;
}

static void
test_the_status_names_those_in_trouble(void **state) {
    (void)state;
    struct jn_shm shm;
    json_t *names = status_member("sinks_in_trouble");
    assert_true(json_is_null(names));
    json_decref(names);
    make_sinks(&shm);
    names = status_member("sinks_in_trouble");
    assert_int_equal(json_array_size(names), 1);
    assert_string_equal(json_string_value(json_array_get(names, 0)), LONG_NAME);
    json_decref(names);
    assert_int_equal(RUN("show", "status"), 0);
    assert_non_null(strstr(output, "sinks in trouble           " LONG_NAME "\n"));
    ((struct jn_sinks_region *)shm.base)->sinks[3].in_trouble = 0;
    assert_int_equal(RUN("show", "status"), 0);
    assert_non_null(strstr(output, "sinks in trouble           none\n"));
    jn_shm_remove(&shm);
    assert_int_equal(RUN("show", "sinks"), 1);
}

static void
expect_plain(const char *subject) {
    expect_survival(subject);
    for (const char *at = output; *at != '\0'; at++)
        if (*at != '\n' && (*at < ' ' || *at > '~'))
            fail_msg("show %s prints the byte %d", subject, (unsigned char)*at);
}

// Whoever took over the exporter writes what it likes, and goes on while it is read.
static void
test_random_bytes_in_any_field(void **state) {
    (void)state;
    struct jn_shm shm;
    unsigned int seed = 5;
    make_sinks(&shm);
    struct jn_sinks_region *region = shm.base;
    for (int round = 0; round < 8; round++) {
        for (size_t i = sizeof(region->header); i < sizeof(*region); i++)
            ((unsigned char *)region)[i] = (unsigned char)rand_r(&seed);
        for (unsigned int i = 0; i < JN_MAX_SINKS && round % 2 == 1; i++) {
            region->sinks[i].state = i % (JN_SINK_STATE_COUNT + 1u);
            region->sinks[i].version &= ~UINT64_C(1); // texts are taken
            region->sinks[i].in_trouble = 1;
        }
        expect_plain("sinks");
        expect_plain("status");
    }
    // Escapes in every text, and none ends.
    for (unsigned int i = 0; i < JN_MAX_SINKS; i++) {
        memset(&region->sinks[i], '\033', sizeof(region->sinks[i]));
        region->sinks[i].version = 0;
    }
    expect_plain("sinks");
    expect_plain("status");
    assert_int_equal(ftruncate(shm.fd, 4096), 0);
    assert_int_equal(RUN("show", "sinks"), 1);
    jn_shm_remove(&shm);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_each_sink_has),
        cmocka_unit_test(test_the_table),
        cmocka_unit_test(test_the_status_names_those_in_trouble),
        cmocka_unit_test(test_random_bytes_in_any_field),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
