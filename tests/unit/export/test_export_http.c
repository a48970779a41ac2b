// SPDX-License-Identifier: BSD-3-Clause
// The sink "http" against answers of every kind: each document once, or more than once, in order.
#include <jansson.h>

#include "fake_http.h"
#include "web_batch.h"

static struct jn_config_sink config;
static struct jn_sink_view view;
static struct sink *sink;
static char ids[4096][16], texts[4096][32];

static int
setup(void **state) {
    char err[JN_ERR_MAX];
    static char name[] = "X-Token", value[] = "hidden";
    static struct jn_config_property header;
    (void)state;
    fake_begin();
    header = (struct jn_config_property){.name = name, .value = value};
    config = (struct jn_config_sink){
        .name = "hook",
        .type = JN_SINK_HTTP,
        .http = {
            .url = "https://a:8443/secret/path?x=1", .operator_id = "OP\"1", .headers = &header, .header_count = 1}};
    view = (struct jn_sink_view){.name = "hook"};
    sink = sink_http.open(&config, &view, err);
    if (sink == NULL)
        fail_msg("%s", err);
    fake_lane(sink);
    assert_string_equal(fake.header, "X-Token: hidden");
    assert_true(fake.cut_answer);
    return 0;
}

static int
teardown(void **state) {
    (void)state;
    sink->operations->close(sink);
    return 0;
}

static void
submit(unsigned int first, unsigned int count) {
    for (unsigned int i = first; i < first + count; i++) {
        snprintf(ids[i], sizeof(ids[i]), "n-%u", i);
        snprintf(texts[i], sizeof(texts[i]), "{\"number\":%u}", i);
        const struct document document = {
            .text = texts[i], .length = strlen(texts[i]), .id = ids[i], .id_length = strlen(ids[i])};
        assert_int_equal(sink->operations->submit(sink, &document, i), 0);
    }
}

// The envelope of the request that is in flight; the caller lets it go.
static json_t *
envelope(void) {
    assert_int_equal(fake.count, 1);
    json_t *root = json_loadb(fake.requests[0].body, fake.requests[0].length, 0, NULL);
    assert_non_null(root);
    return root;
}

static void
assert_payloads(unsigned int first, unsigned int count) {
    json_t *root = envelope(), *payloads = json_object_get(root, "payloads");
    assert_int_equal(json_array_size(payloads), count);
    for (unsigned int i = 0; i < count; i++)
        assert_int_equal(json_integer_value(json_object_get(json_array_get(payloads, i), "number")), first + i);
    json_decref(root);
}

static void
test_envelope(void **state) {
    (void)state;
    submit(0, 2);
    pass_ms(sink, 200);
    json_t *root = envelope(), *destination = json_object_get(root, "destination");
    assert_int_equal(json_object_size(root), 4);
    assert_string_equal(json_string_value(json_object_get(root, "operatorId")), "OP\"1");
    assert_int_equal(json_integer_value(json_object_get(root, "timestamp")), 1795741322123);
    assert_string_equal(json_string_value(json_object_get(destination, "resourceUrl")), config.http.url);
    assert_string_equal(json_string_value(json_object_get(destination, "provider")), "junction");
    json_decref(root);
    assert_payloads(0, 2);
    assert_string_equal(fake.requests[0].url, config.http.url);
    fake_status(sink, 204, "");
    assert_int_equal(count_of(fake.acknowledged), 2);
}

static void
test_one_request_at_a_time(void **state) {
    (void)state;
    submit(0, 1200);
    pass_ms(sink, 0);
    assert_payloads(0, 500);
    pass_ms(sink, 300);
    assert_payloads(0, 500);
    fake_status(sink, 200, "");
    assert_payloads(500, 500);
    fake_status(sink, 200, "");
    pass_ms(sink, 200);
    assert_payloads(1000, 200);
}

static void
test_keys(void **state) {
    char keys[4][WEB_KEY_LENGTH + 1];
    const struct document a = {.id = "n-1", .id_length = 3}, b = {.id = "n-12", .id_length = 4},
                          c = {.id = "2n-1", .id_length = 4};
    const struct document *const rows[][2] = {{&a, &b}, {&b, &a}, {&a, &a}, {&a, &c}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        web_key(rows[i], 2, keys[i]);
        assert_int_equal(strlen(keys[i]), WEB_KEY_LENGTH);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(keys[i], keys[j]);
    }
    web_key(rows[0], 2, keys[1]);
    assert_string_equal(keys[0], keys[1]);
}

// Each answer, and how long nothing is asked then; the same request comes again, byte by byte.
static void
test_retries(void **state) {
    static const struct {
        struct http_answer answer;
        const char *trouble; // NULL: none
        unsigned int wait_ms;
    } rows[] = {
        {{.outcome = HTTP_NO_NAME, .words = "no name"}, "https://a:8443: no name", 250},
        {{.outcome = HTTP_NO_CONNECTION, .words = "refused"}, "refused", 250},
        {{.outcome = HTTP_CUT, .words = "cut", .sent = true}, "cut", 250},
        {{.outcome = HTTP_CUT, .words = "cut", .sent = true, .kept = true}, NULL, 0},
        {{.outcome = HTTP_TIMED_OUT, .words = "slow", .sent = true}, "slow", 250},
        {{.outcome = HTTP_ANSWERED, .status = 500, .body = "oh\nno"}, "https://a:8443 answers 500: oh.no", 250},
        {{.outcome = HTTP_ANSWERED, .status = 408}, "answers 408", 250},
        {{.outcome = HTTP_ANSWERED, .status = 425}, "answers 425", 250},
        {{.outcome = HTTP_ANSWERED, .status = 429, .retry_after = 9}, "answers 429", 9000},
        {{.outcome = HTTP_ANSWERED, .status = 301, .location = "https://b/"}, "redirection (301) to https://b", 5000},
        {{.outcome = HTTP_ANSWERED, .status = 308, .location = "https://b:1/secret"}, "(308) to https://b:1", 5000},
        {{.outcome = HTTP_ANSWERED, .status = 308, .location = "https://b?a=secret"}, "(308) to https://b", 5000},
        {{.outcome = HTTP_ANSWERED, .status = 308}, "(308) to nowhere", 5000},
        {{.outcome = HTTP_ANSWERED, .status = 401}, "answers 401", 5000},
        {{.outcome = HTTP_ANSWERED, .status = 403}, "answers 403", 5000},
        {{.outcome = HTTP_ANSWERED, .status = 404}, "answers 404", 5000},
        {{.outcome = HTTP_ANSWERED, .status = 410}, "answers 410", 5000},
    };
    (void)state;
    for (unsigned int i = 0; i < COUNT(rows); i++) {
        char key[256];
        submit(i * 3, 3);
        pass_ms(sink, 200);
        snprintf(key, sizeof(key), "%s", fake.first_header);
        fake_done(sink, &rows[i].answer);
        assert_int_equal(view.in_trouble, rows[i].trouble != NULL);
        if (rows[i].trouble != NULL && strstr(view.trouble, rows[i].trouble) == NULL)
            fail_msg("row %u: %s", i, view.trouble);
        assert_null(strstr(view.trouble, "secret"));
        submit(2000 + i, 1);
        if (rows[i].wait_ms > 0) {
            pass_ms(sink, rows[i].wait_ms - 1);
            assert_int_equal(fake.count, 0);
            pass_ms(sink, 10000);
        }
        assert_payloads(i * 3, 3);
        assert_string_equal(fake.first_header, key);
        fake_status(sink, 200, "");
        assert_int_equal(view.in_trouble, 0);
        pass_ms(sink, 200);
        assert_payloads(2000 + i, 1);
        fake_status(sink, 200, "");
        assert_int_equal(count_of(fake.acknowledged), 4 * (i + 1));
    }
}

static void
test_culprit_is_refused(void **state) {
    static const unsigned int statuses[] = {400, 413, 422};
    (void)state;
    for (unsigned int row = 0; row < COUNT(statuses); row++) {
        unsigned int first = row * 1000, next = first, culprit = first + (row == 0 ? 0 : 333);
        submit(first, 500);
        while (count_of(fake.acknowledged) < 499 * (row + 1)) {
            if (fake.count == 0)
                pass_ms(sink, 200);
            json_t *root = envelope(), *payloads = json_object_get(root, "payloads");
            unsigned int from =
                (unsigned int)json_integer_value(json_object_get(json_array_get(payloads, 0), "number"));
            unsigned int count = (unsigned int)json_array_size(payloads);
            assert_int_equal(from, next);
            bool bad = culprit >= from && culprit < from + count;
            next = bad && count > 1 ? next : from + count;
            fake_status(sink, bad ? statuses[row] : 200, "bad");
            json_decref(root);
        }
        assert_int_equal(fake.refused[culprit], 1);
        assert_int_equal(count_of(fake.refused), row + 1);
    }
    assert_string_equal(fake.reason, "the service answers 422: bad");
}

// A service that takes none is wrong itself: most documents wait until it is mended.
static void
test_service_that_takes_nothing(void **state) {
    (void)state;
    submit(0, 1000);
    for (unsigned int i = 0; i < 3000 && !view.in_trouble; i++) {
        if (fake.count == 0)
            pass_ms(sink, 200);
        fake_status(sink, 400, "no");
    }
    assert_int_equal(view.in_trouble, 1);
    assert_int_equal(count_of(fake.refused), 100);
    pass_ms(sink, 60000);
    fake_status(sink, 200, "");
    assert_int_equal(count_of(fake.acknowledged), 1);
    assert_int_equal(view.in_trouble, 0);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_envelope, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_request_at_a_time, setup, teardown),
        cmocka_unit_test(test_keys),
        cmocka_unit_test_setup_teardown(test_retries, setup, teardown),
        cmocka_unit_test_setup_teardown(test_culprit_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_service_that_takes_nothing, setup, teardown),
    };
    return cmocka_run_group_tests_name("export HTTP sink", tests, NULL, NULL);
}
