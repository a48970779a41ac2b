// SPDX-License-Identifier: BSD-3-Clause
// The sink "kafka" before a broker that is only played: whatever fails, each document arrives or is refused, those of one
// key in their order.
#include <errno.h>

#include "export_kafka_world.h"
#include "log.h"
#include "sink.h"
#include "test.h"

enum { DOCUMENTS = 600, KEYS = 7, STEPS = 200000 };

static struct {
    char text[DOCUMENTS][16];
    char key[DOCUMENTS][8];
    unsigned int acknowledged[DOCUMENTS], refused[DOCUMENTS];
    struct jn_sink_view view;
    struct jn_config_sink config;
    struct sink *sink;
    size_t submitted;
} t;

static void
acknowledge(void *lane, uint64_t opaque) {
    (void)lane;
    t.acknowledged[opaque - 1000]++;
}

static void
refuse(void *lane, uint64_t opaque, const char *reason) {
    (void)lane;
    assert_non_null(strstr(reason, fake.refusal == 0 ? "too large" : rd_kafka_err2str(fake.refusal)));
    t.refused[opaque - 1000]++;
}

static int
setup(void **state) {
    (void)state;
    memset(&t, 0, sizeof(t));
    memset(&fake, 0, sizeof(fake));
    fake.random = 88172645463325252;
    fake.queue_max = 64;
    fake.now_ns = 1;
    jn_log_set_level(JN_LOG_ERROR);
    strcpy(t.config.topic_flow, "f");
    strcpy(t.config.topic_summary, "s");
    strcpy(t.view.name, "kafka");
    world = &fake_world;
    return 0;
}

static void
open_sink(void) {
    char err[JN_ERR_MAX];
    t.sink = sink_kafka.open(&t.config, &t.view, err);
    assert_non_null(t.sink);
    t.sink->acknowledge = acknowledge;
    t.sink->refuse = refuse;
}

// Every ninth document is large, when there are large ones.
static struct document
document_of(size_t i) {
    snprintf(t.text[i], sizeof(t.text[i]), "%zu", i);
    snprintf(t.key[i], sizeof(t.key[i]), "k%zu", i % KEYS);
    return (struct document){
        .text = t.text[i], .length = i % 9 == 4 ? 5000 : 100, .key = t.key[i], .key_length = strlen(t.key[i])};
}

static void
submit_some(size_t until) {
    while (t.submitted < until) {
        struct document document = document_of(t.submitted);
        int rc = t.sink->operations->submit(t.sink, &document, 1000 + t.submitted);
        if (rc == -EAGAIN)
            return;
        assert_int_equal(rc, 0);
        t.submitted++;
    }
}

static size_t
settled(void) {
    size_t count = 0;
    for (size_t i = 0; i < DOCUMENTS; i++)
        count += t.acknowledged[i] + t.refused[i];
    return count;
}

static void
run_until_settled(size_t count) {
    for (unsigned int i = 0; i < STEPS && settled() < count; i++) {
        submit_some(count);
        assert_int_equal(t.sink->operations->poll(t.sink), 0);
        fake.now_ns += 1000000;
    }
    assert_int_equal(settled(), count);
}

// Each is through once; what was refused is what is too large; of each key the first arrivals are in order.
static void
check_arrivals(void) {
    size_t seen[KEYS] = {0};
    bool there[DOCUMENTS] = {false};
    for (size_t i = 0; i < fake.log_count; i++) {
        size_t number = strtoul(fake.log[i], NULL, 10);
        if (!there[number] && seen[number % KEYS] > number + 1)
            fail_msg("document %zu of key %zu came behind %zu", number, number % KEYS, seen[number % KEYS] - 1);
        if (!there[number])
            seen[number % KEYS] = number + 1;
        there[number] = true;
    }
    for (size_t i = 0; i < t.submitted; i++) {
        bool large = fake.largest > 0 && i % 9 == 4;
        assert_int_equal(t.acknowledged[i], !large);
        assert_int_equal(t.refused[i], large);
        assert_int_equal(there[i], !large);
    }
}

struct row {
    const char *name;
    unsigned int fail_in, fatal_in, silent_in;
    size_t largest;
    bool doubled; // may a document arrive twice?
};

static const struct row rows[] = {
    {"nothing fails", 0, 0, 0, 0, false},
    {"reports come late, in any order", 0, 0, 3, 0, false},
    {"the topic is forbidden now and then", 12, 0, 2, 0, false},
    {"the producer breaks, its last request unknown", 0, 20, 2, 0, true},
    {"some documents are too large", 0, 0, 2, 1000, false},
    {"all of it", 30, 40, 3, 1000, true},
};

static void
test_order_is_kept(void **state) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (uint64_t seed = 1; seed <= 60; seed++) {
            setup(state);
            fake.random = seed * UINT64_C(0x9e3779b97f4a7c15);
            fake.fail_in = rows[i].fail_in;
            fake.fatal_in = rows[i].fatal_in;
            fake.silent_in = rows[i].silent_in;
            fake.largest = rows[i].largest;
            open_sink();
            run_until_settled(DOCUMENTS);
            check_arrivals();
            if (!rows[i].doubled)
                assert_int_equal(fake.log_count, DOCUMENTS - (rows[i].largest > 0 ? (DOCUMENTS + 4) / 9 : 0));
            if (rows[i].fail_in + rows[i].fatal_in > 0)
                assert_true(t.view.counters[JN_SINK_COUNTER_RETRIED] > 0);
            t.sink->operations->close(t.sink);
            assert_int_equal(fake.opened, fake.closed);
        }
}

// A missing topic is said; once it is there everything arrives, and it is over.
static void
test_a_topic_that_is_missing(void **state) {
    (void)state;
    fake.topic_missing = true;
    open_sink();
    for (unsigned int i = 0; i < 20000; i++) {
        submit_some(DOCUMENTS);
        assert_int_equal(t.sink->operations->poll(t.sink), 0);
        fake.now_ns += 1000000;
    }
    assert_int_equal(settled(), 0);
    assert_string_equal(t.view.trouble, "topic f: the topic does not exist");
    assert_non_null(strstr(t.view.advice, "create"));
    assert_int_equal(t.view.in_trouble, 1);
    assert_true(fake.opened > 2 && fake.opened < 12); // it is not asked for all the time
    fake.topic_missing = false;
    run_until_settled(DOCUMENTS);
    check_arrivals();
    assert_int_equal(t.view.in_trouble, 0);
    t.sink->operations->close(t.sink);
}

// With `create` it is made, at first and when it is missing later on.
static void
test_a_topic_is_created(void **state) {
    (void)state;
    t.config.create.wanted = true;
    fake.topic_missing = true;
    open_sink();
    assert_int_equal(fake.creations, 1);
    run_until_settled(100);
    fake.topic_missing = true;
    run_until_settled(200);
    assert_int_equal(fake.creations, 2);
    check_arrivals();
    t.sink->operations->close(t.sink);
}

// One document of a small request that is refused costs no round of single documents.
static void
test_who_was_alone_is_refused_at_once(void **state) {
    static const rd_kafka_resp_err_t refusals[] = {0, RD_KAFKA_RESP_ERR_INVALID_RECORD};
    for (size_t i = 0; i < COUNT(refusals); i++) {
        setup(state);
        fake.largest = 1000;
        fake.refusal = refusals[i];
        open_sink();
        run_until_settled(4);
        run_until_settled(5); // the fifth is too large
        assert_int_equal(t.refused[4], 1);
        assert_int_equal(fake.opened_gapless, fake.opened);
        run_until_settled(9);
        check_arrivals();
        t.sink->operations->close(t.sink);
    }
}

// While no broker answers, what was taken waits, and no more than the producer holds.
static void
test_bounds_and_close(void **state) {
    (void)state;
    fake.down = true;
    open_sink();
    submit_some(DOCUMENTS);
    assert_int_equal(t.submitted, fake.queue_max);
    assert_int_equal(t.sink->operations->poll(t.sink), 0);
    assert_int_equal(settled(), 0);
    t.sink->operations->close(t.sink);
    assert_int_equal(settled(), 0); // forgotten, not acknowledged
    assert_int_equal(fake.closed, 1);
}

static void
report_failure(rd_kafka_resp_err_t error, const char *reason) {
    fake.producer->told->failed(fake.producer->context, error, reason, false);
}

// One broker's connection that fails is no trouble as long as there are others; a refusal is, at once.
static void
test_when_connections_are_trouble(void **state) {
    (void)state;
    static const char refused[] = "b1:9092/1: Connect to ipv4#198.18.0.1:9092 failed: Connection refused (after 0ms)";
    open_sink();
    report_failure(RD_KAFKA_RESP_ERR__TRANSPORT, refused);
    assert_int_equal(t.view.in_trouble, 0);
    assert_int_equal(t.view.counters[JN_SINK_COUNTER_ERRORS], 1);
    report_failure(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down");
    assert_string_equal(t.view.trouble, "b1:9092: the connection is refused");
    report_failure(RD_KAFKA_RESP_ERR__RESOLVE, "b2:9092/bootstrap: Failed to resolve 'b2:9092': no (after 1ms)");
    assert_string_equal(t.view.trouble, "b2:9092: the name does not resolve");
    run_until_settled(10);
    assert_int_equal(t.view.in_trouble, 0);
    report_failure(RD_KAFKA_RESP_ERR__AUTHENTICATION,
                   "sasl_ssl://b1:9092/1: SASL authentication error: Authentication failed");
    assert_string_equal(t.view.trouble, "b1:9092: authentication was refused: wrong user name or password");
    t.sink->operations->close(t.sink);
}

// A quota is trouble as long as it holds us back, though documents arrive.
static void
test_a_quota(void **state) {
    (void)state;
    open_sink();
    fake.producer->told->throttled(fake.producer->context, "b1:9092/1", 200);
    run_until_settled(10);
    assert_int_equal(t.view.in_trouble, 1);
    assert_non_null(strstr(t.view.trouble, "quota"));
    fake.producer->told->throttled(fake.producer->context, "b1:9092/1", 0);
    run_until_settled(20);
    assert_int_equal(t.view.in_trouble, 0);
    t.sink->operations->close(t.sink);
}

// A broker that answers, but acknowledges nothing, is said; a topic that was there with other partitions is, too.
static void
test_what_statistics_show(void **state) {
    (void)state;
    static const char json[] =
        "{\"brokers\":{\"b1\":{\"state\":\"UP\"}},\"topics\":{\"f\":{\"partitions\":{\"0\":{}}}}}";
    t.config.create.wanted = true;
    t.config.create.partitions = 1;
    fake.down = true;
    open_sink();
    submit_some(10);
    for (unsigned int i = 0; i < 5; i++) {
        fake.now_ns += UINT64_C(5000000000);
        fake.producer->told->statistics(fake.producer->context, json, strlen(json));
    }
    assert_string_equal(t.view.trouble, "the broker acknowledged no document for some time");
    assert_int_equal(t.view.in_trouble, 1);
    fake.down = false;
    run_until_settled(10);
    assert_int_equal(t.view.in_trouble, 0);
    t.sink->operations->close(t.sink);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_is_kept),
        cmocka_unit_test_setup(test_a_topic_that_is_missing, setup),
        cmocka_unit_test_setup(test_a_topic_is_created, setup),
        cmocka_unit_test_setup(test_who_was_alone_is_refused_at_once, setup),
        cmocka_unit_test_setup(test_bounds_and_close, setup),
        cmocka_unit_test_setup(test_when_connections_are_trouble, setup),
        cmocka_unit_test_setup(test_a_quota, setup),
        cmocka_unit_test_setup(test_what_statistics_show, setup),
    };
    return cmocka_run_group_tests_name("export kafka", tests, NULL, NULL);
}
