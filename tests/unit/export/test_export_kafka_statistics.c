// SPDX-License-Identifier: BSD-3-Clause
// librdkafka's statistics, as it writes them, become counters that only grow.
#include "kafka_statistics.h"
#include "log.h"
#include "test.h"

#define BROKER(name, state, tx, errors, retries, average, count)                                                       \
    "\"" name "\":{\"state\":\"" state "\",\"tx\":" tx ",\"txerrs\":" errors ",\"txretries\":" retries                 \
    ",\"req_timeouts\":0,\"rtt\":{\"avg\":" average ",\"cnt\":" count "}}"
#define TOPICS                                                                                                         \
    "\"topics\":{\"f\":{\"partitions\":{\"0\":{},\"1\":{},\"2\":{},\"-1\":{}}},\"s\":{\"partitions\":{\"-1\":{}}}}"

struct step {
    const char *json;
    uint64_t handed;
    uint64_t requests, errors, retried, queue, rtt_us; // of the view, afterwards
};

static const struct step steps[] = {
    {"{\"msg_cnt\":7,\"txmsgs\":100,\"brokers\":{" BROKER("a", "UP", "10", "0", "0", "500", "10") "}," TOPICS "}", 107,
     10, 0, 0, 7, 500},
    // Two brokers, weighed by their round trips; a request failed and was sent again with its 20 documents.
    {"{\"msg_cnt\":0,\"txmsgs\":127,\"brokers\":{" BROKER("a", "UP", "12", "1", "1", "100", "3") "," BROKER(
         "b", "DOWN", "3", "0", "0", "500", "1") "}," TOPICS "}",
     107, 15, 2, 20, 0, 200},
    // Nothing happened: no round trip, so the last one's time stands.
    {"{\"msg_cnt\":0,\"txmsgs\":127,\"brokers\":{" BROKER("a", "UP", "12", "1", "1", "0", "0") "," BROKER(
         "b", "UP", "3", "0", "0", "0", "0") "}," TOPICS "}",
     107, 15, 2, 20, 0, 200},
    // What is missing or of another type counts for nothing.
    {"{\"msg_cnt\":\"x\",\"brokers\":[1,2]}", 107, 15, 2, 20, 0, 200},
};

static void
check(const struct jn_sink_view *view, const struct step *step) {
    assert_int_equal(view->counters[JN_SINK_COUNTER_REQUESTS], step->requests);
    assert_int_equal(view->counters[JN_SINK_COUNTER_ERRORS], step->errors);
    assert_int_equal(view->counters[JN_SINK_COUNTER_RETRIED], step->retried);
    assert_int_equal(view->gauges[JN_SINK_GAUGE_QUEUE], step->queue);
    assert_int_equal(view->gauges[JN_SINK_GAUGE_RTT_US], step->rtt_us);
}

static void
test_counters(void **state) {
    (void)state;
    struct jn_sink_view view = {.name = "kafka"};
    struct kafka_statistics statistics = {0};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        assert_true(
            kafka_statistics_read(&statistics, &view, steps[i].json, strlen(steps[i].json), steps[i].handed, i));
        check(&view, &steps[i]);
    }
    // Another producer begins with zero: the view goes on.
    statistics = (struct kafka_statistics){0};
    assert_true(kafka_statistics_read(&statistics, &view, steps[0].json, strlen(steps[0].json), steps[0].handed, 9));
    assert_int_equal(view.counters[JN_SINK_COUNTER_REQUESTS], 25);
    assert_int_equal(statistics.up, 1);
}

static void
test_what_is_no_such_json(void **state) {
    (void)state;
    static const char *const texts[] = {"", "{", "[]", "null", "{\"brokers\":{\"a\":"};
    struct jn_sink_view view = {.name = "kafka"};
    struct kafka_statistics statistics = {0};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_false(kafka_statistics_read(&statistics, &view, texts[i], strlen(texts[i]), 0, 0));
        assert_int_equal(kafka_statistics_partitions(texts[i], strlen(texts[i]), "f"), 0);
    }
}

static void
test_partitions(void **state) {
    (void)state;
    const char *json = steps[0].json;
    assert_int_equal(kafka_statistics_partitions(json, strlen(json), "f"), 3);
    assert_int_equal(kafka_statistics_partitions(json, strlen(json), "s"), 0);
    assert_int_equal(kafka_statistics_partitions(json, strlen(json), "other"), 0);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_what_is_no_such_json),
        cmocka_unit_test(test_partitions),
    };
    jn_log_set_level(JN_LOG_ERROR);
    return cmocka_run_group_tests_name("export kafka statistics", tests, NULL, NULL);
}
