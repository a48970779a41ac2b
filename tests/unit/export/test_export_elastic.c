// SPDX-License-Identifier: BSD-3-Clause
// The sink "elasticsearch" against answers of every kind: each document is acknowledged or refused once, or waits.
#include "elastic.h"
#include "fake_http.h"

static struct jn_config_sink config;
static struct jn_sink_view view;
static struct sink *sink;
static struct document documents[FAKE_DOCUMENTS];
static char ids[FAKE_DOCUMENTS][16], texts[FAKE_DOCUMENTS][32];

static void
open_sink(void) {
    char err[JN_ERR_MAX];
    view = (struct jn_sink_view){.name = "index"};
    sink = sink_elasticsearch.open(&config, &view, err);
    if (sink == NULL)
        fail_msg("%s", err);
    fake_lane(sink);
    assert_false(fake.cut_answer);
}

static int
setup(void **state) {
    (void)state;
    fake_begin();
    config = (struct jn_config_sink){.name = "index",
                                     .type = JN_SINK_ELASTICSEARCH,
                                     .elasticsearch = {.urls = {"http://a:9200", "http://b:9200"},
                                                       .url_count = 2,
                                                       .index_flow = "flow",
                                                       .index_summary = "summary"}};
    for (unsigned int i = 0; i < FAKE_DOCUMENTS; i++) {
        snprintf(ids[i], sizeof(ids[i]), "n-%u", i);
        snprintf(texts[i], sizeof(texts[i]), "{\"number\":%u}", i);
        documents[i] = (struct document){.text = texts[i],
                                         .length = strlen(texts[i]),
                                         .id = ids[i],
                                         .id_length = strlen(ids[i]),
                                         .date = "2026-11-27T01:02:03.000000000Z",
                                         .kind = i % 10 == 9 ? DOCUMENT_SUMMARY : DOCUMENT_FLOW};
    }
    open_sink();
    return 0;
}

static int
teardown(void **state) {
    (void)state;
    if (sink != NULL)
        sink->operations->close(sink);
    sink = NULL;
    return 0;
}

static void
submit(unsigned int first, unsigned int count) {
    for (unsigned int i = first; i < first + count; i++)
        assert_int_equal(sink->operations->submit(sink, &documents[i], i), 0);
}

// How many documents the oldest bulk request has.
static unsigned int
asked(void) {
    const char *at = fake.requests[0].body, *end = at + fake.requests[0].length;
    unsigned int lines = 0;
    for (; at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        lines++;
    return lines / 2;
}

// The answer to the oldest request: status and error of the document `wrong`, 201 for the others.
static void
answer_bulk(unsigned int wrong, unsigned int status, const char *error) {
    static char body[FAKE_DOCUMENTS * 128];
    const char *at = fake.requests[0].body, *end = at + fake.requests[0].length;
    char *to = body + sprintf(body, "{\"items\":[");
    for (const char *comma = ""; at < end; comma = ",") {
        unsigned int number = (unsigned int)strtoul(strstr(at, "\"_id\":\"n-") + 9, NULL, 10);
        bool bad = number == wrong || wrong == UINT32_MAX;
        to += sprintf(to, "%s{\"create\":{\"_id\":\"n-%u\",\"status\":%u%s}}", comma, number, bad ? status : 201,
                      bad ? error : "");
        at = strchr(strchr(at, '\n') + 1, '\n') + 1;
    }
    strcpy(to, "]}");
    fake_status(sink, 200, body);
}

static void
answer_well(void) {
    answer_bulk(FAKE_DOCUMENTS, 0, "");
}

static void
assert_request(const char *url_begin, unsigned int count) {
    assert_true(fake.count > 0);
    assert_int_equal(strncmp(fake.requests[0].url, url_begin, strlen(url_begin)), 0);
    assert_int_equal(asked(), count);
}

static void
test_documents_are_sent_together(void **state) {
    (void)state;
    submit(0, 5);
    pass_ms(sink, 100);
    assert_int_equal(fake.count, 0);
    pass_ms(sink, 150);
    assert_request("http://a:9200/_bulk?", 5);
    submit(5, 3 * ELASTIC_BATCH_DOCUMENTS - 5);
    assert_int_equal(sink->operations->submit(sink, &documents[0], 0), -EAGAIN);
    pass_ms(sink, 1);
    assert_int_equal(fake.count, 2); // and no more at a time
    answer_well();
    assert_int_equal(count_of(fake.acknowledged), 5);
    assert_int_equal(fake.count, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(asked(), ELASTIC_BATCH_DOCUMENTS);
        answer_well();
    }
    pass_ms(sink, 200);
    answer_well();
    assert_int_equal(count_of(fake.acknowledged), 3 * ELASTIC_BATCH_DOCUMENTS);
    assert_int_equal(view.in_trouble, 0);
}

static void
test_in_a_hurry_nothing_is_waited_for(void **state) {
    (void)state;
    submit(0, 1);
    sink->hurry = true;
    pass_ms(sink, 0);
    assert_request("http://a:9200/_bulk?", 1);
}

static void
test_large_documents_are_few_in_a_request(void **state) {
    static char large[3 << 20];
    (void)state;
    memset(large, '1', sizeof(large));
    for (unsigned int i = 0; i < 3; i++) {
        documents[i].text = large;
        documents[i].length = sizeof(large);
    }
    submit(0, 3);
    pass_ms(sink, 0);
    assert_int_equal(fake.count, 2);
    assert_int_equal(asked(), 1);
}

// What ends an exchange, and how long nobody is asked then: the other server is asked at once.
static void
test_failed_requests_go_to_the_next_server(void **state) {
    static const struct {
        struct http_answer answer;
        const char *trouble, *advice;
        unsigned int wait_ms; // at least before the first server is asked again
    } rows[] = {
        {{.outcome = HTTP_NO_NAME, .words = "Could not resolve host"}, "http://a:9200/_bulk: Could not", "name", 250},
        {{.outcome = HTTP_NO_CONNECTION, .words = "refused"}, "refused", "running", 250},
        {{.outcome = HTTP_NO_TLS, .words = "self-signed"}, "self-signed", "ca_file", 5000},
        {{.outcome = HTTP_TIMED_OUT, .words = "slow", .sent = true}, "slow", "load", 250},
        {{.outcome = HTTP_CUT, .words = "cut", .sent = true}, "cut", "log", 250},
        {{.outcome = HTTP_NOT_HTTP, .words = "garbage", .sent = true}, "garbage", "port", 250},
        {{.outcome = HTTP_ANSWERED, .status = 302, .location = "http://c/"},
         "redirection (302) to http://c/",
         "URL",
         5000},
        {{.outcome = HTTP_ANSWERED, .status = 307, .location = "http://c/d?a=secret"}, "to http://c/d", "URL", 5000},
        {{.outcome = HTTP_ANSWERED, .status = 307, .location = "http://c/d#a=secret"}, "to http://c/d", "URL", 5000},
        {{.outcome = HTTP_ANSWERED, .status = 429, .body = "{\"error\":\"later\"}"}, "answers 429: later", "wait", 250},
        {{.outcome = HTTP_ANSWERED, .status = 429, .retry_after = 20}, "answers 429", "wait", 20000},
        {{.outcome = HTTP_ANSWERED, .status = 429, .retry_after = UINT64_MAX}, "answers 429", "wait", 300000},
        {{.outcome = HTTP_ANSWERED, .status = 503}, "answers 503", "log", 250},
        {{.outcome = HTTP_ANSWERED, .status = 502, .body = "<html>"}, "answers 502: <html>", "log", 250},
        {{.outcome = HTTP_ANSWERED, .status = 401}, "answers 401", "api_key", 5000},
        {{.outcome = HTTP_ANSWERED, .status = 403}, "answers 403", "privileges", 5000},
        {{.outcome = HTTP_ANSWERED, .status = 404}, "answers 404", "is this Elasticsearch", 5000},
        {{.outcome = HTTP_ANSWERED, .status = 405}, "answers 405", "is this Elasticsearch", 5000},
        {{.outcome = HTTP_ANSWERED, .status = 200, .body = "<html>"}, "not JSON", "server", 250},
        {{.outcome = HTTP_ANSWERED, .status = 200, .body = "{\"items\":["}, "not JSON", "server", 250},
        {{.outcome = HTTP_ANSWERED, .status = 200, .body = "{\"items\":[]}"}, "0 items, for 3", "server", 250},
        {{.outcome = HTTP_ANSWERED,
          .status = 400,
          .body = "{\"error\":{\"type\":\"illegal_argument_exception\",\"reason\":\"pipeline with id [x] does not "
                  "exist\"}}"},
         "pipeline with id",
         "pipeline",
         5000},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        submit((unsigned int)i * 3, 3);
        pass_ms(sink, 200);
        assert_request("http://a:9200/", 3);
        fake_done(sink, &rows[i].answer);
        if (strstr(view.trouble, rows[i].trouble) == NULL || strstr(view.advice, rows[i].advice) == NULL)
            fail_msg("row %zu: \"%s\", \"%s\"", i, view.trouble, view.advice);
        assert_null(strstr(view.trouble, "secret"));
        assert_int_equal(view.in_trouble, 1);
        assert_request("http://b:9200/", 3);
        fake_done(sink, &rows[i].answer);
        pass_ms(sink, rows[i].wait_ms - 1);
        assert_int_equal(fake.count, 0);
        pass_ms(sink, rows[i].wait_ms < 20000 ? 20000 : 100);
        assert_int_equal(asked(), 3);
        answer_well();
        assert_int_equal(count_of(fake.acknowledged), 3 * (i + 1));
        assert_int_equal(view.in_trouble, 0);
        teardown(NULL);
        open_sink();
    }
}

// A connection that was kept may be closed at any time: it says nothing about the server.
static void
test_cut_of_an_idle_connection(void **state) {
    (void)state;
    submit(0, 3);
    pass_ms(sink, 200);
    fake_done(sink, &(struct http_answer){.outcome = HTTP_CUT, .sent = true, .kept = true, .words = "cut"});
    assert_request("http://a:9200/", 3);
    assert_int_equal(view.in_trouble, 0);
}

static void
test_waits_grow(void **state) {
    (void)state;
    config.elasticsearch.url_count = 1;
    teardown(NULL);
    open_sink();
    submit(0, 1);
    pass_ms(sink, 200);
    uint64_t last = 0;
    for (int i = 0; i < 10; i++) {
        uint64_t before = fake.steady_ns;
        fake_cut(sink);
        while (fake.count == 0)
            pass_ms(sink, 10);
        last = fake.steady_ns - before;
        assert_in_range(last / 1000000, 250u << (i < 7 ? i : 7) > 30000 ? 30000 : 250u << i, (500u << i) + 10);
        assert_true(last <= BACKOFF_LONGEST_NS + 10000000);
    }
    assert_true(last >= BACKOFF_LONGEST_NS / 2);
}

static void
test_documents_of_their_own_fate(void **state) {
    static const struct {
        unsigned int status;
        const char *error;
        bool acknowledged, refused;
        const char *trouble; // NULL: none
        unsigned int again_ms;
    } rows[] = {
        {409, ",\"error\":{\"type\":\"version_conflict_engine_exception\",\"reason\":\"r\"}", true, false, NULL, 0},
        {400, ",\"error\":{\"type\":\"mapper_parsing_exception\",\"reason\":\"no number\"}", false, true, NULL, 0},
        {413, "", false, true, NULL, 0},
        {429, ",\"error\":{\"type\":\"es_rejected_execution_exception\",\"reason\":\"r\"}", false, false, "es_rejected",
         500},
        {503, ",\"error\":{\"type\":\"unavailable_shards_exception\",\"reason\":\"r\"}", false, false, "unavailable",
         500},
        {403, ",\"error\":{\"type\":\"cluster_block_exception\",\"reason\":\"index read-only\"}", false, false, "block",
         10000},
        {404, ",\"error\":{\"type\":\"index_not_found_exception\",\"reason\":\"no such index\"}", false, false,
         "no such", 10000},
        {403, ",\"error\":{\"type\":\"security_exception\",\"reason\":\"r\"}", false, false, "security", 10000},
        {400, ",\"error\":{\"type\":\"illegal_argument_exception\",\"reason\":\"r\"}", false, false, "illegal", 500},
        {500, "", false, false, "(500)", 500},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        unsigned int first = (unsigned int)i * 3;
        uint64_t retried = view.counters[JN_SINK_COUNTER_RETRIED];
        submit(first, 3);
        pass_ms(sink, 200);
        answer_bulk(first + 1, rows[i].status, rows[i].error);
        assert_int_equal(fake.acknowledged[first] + fake.acknowledged[first + 2], 2);
        assert_int_equal(fake.acknowledged[first + 1], rows[i].acknowledged);
        assert_int_equal(fake.refused[first + 1], rows[i].refused);
        assert_int_equal(view.in_trouble, rows[i].trouble != NULL);
        assert_int_equal(view.counters[JN_SINK_COUNTER_RETRIED] - retried, rows[i].trouble != NULL);
        if (rows[i].trouble == NULL)
            continue;
        assert_non_null(strstr(view.trouble, rows[i].trouble));
        pass_ms(sink, rows[i].again_ms / 2 - 1);
        assert_int_equal(fake.count, 0);
        pass_ms(sink, rows[i].again_ms / 2 + 1);
        assert_int_equal(asked(), 1);
        answer_well();
        assert_int_equal(fake.acknowledged[first + 1], 1);
        assert_int_equal(view.in_trouble, 0);
    }
}

// 413 for a request: half of it. 400: the same, until the culprit is found, which waits alone while the others pass.
static void
test_culprit_is_found(void **state) {
    static const struct {
        unsigned int status;
        bool refused;
    } rows[] = {{413, true}, {400, false}};
    (void)state;
    for (size_t row = 0; row < COUNT(rows); row++) {
        unsigned int culprit = (unsigned int)row * 1000 + 617, requests = 0;
        char id[32];
        snprintf(id, sizeof(id), "\"_id\":\"n-%u\"", culprit);
        submit((unsigned int)row * 1000, 1000);
        pass_ms(sink, 200);
        for (; count_of(fake.acknowledged) < 999 * (row + 1); requests++) {
            if (fake.count == 0)
                pass_ms(sink, 200);
            char *body = strndup(fake.requests[0].body, fake.requests[0].length);
            if (strstr(body, id) != NULL)
                fake_status(sink, rows[row].status, "{\"error\":{\"type\":\"t\",\"reason\":\"r\"}}");
            else
                answer_well();
            free(body);
        }
        assert_true(requests < 1000);
        assert_int_equal(fake.refused[culprit], rows[row].refused);
        assert_int_equal(fake.acknowledged[culprit], 0);
    }
}

// The same error for long, while others are taken: it is the document. While none is taken it may be a setting.
static void
test_poison_leaves_in_the_end(void **state) {
    static const char error[] = ",\"error\":{\"type\":\"odd_exception\",\"reason\":\"r\"}";
    (void)state;
    submit(0, 1);
    pass_ms(sink, 200);
    for (int i = 0; i < 30; i++) {
        answer_bulk(0, 400, error);
        for (int wait = 0; wait < 61 && fake.count == 0; wait++)
            pass_ms(sink, 1000);
    }
    assert_int_equal(fake.refused[0], 0);
    submit(1, 1);
    pass_ms(sink, 200);
    for (int i = 0; i < 20 && fake.refused[0] == 0; i++) {
        answer_bulk(0, 400, error);
        for (int wait = 0; wait < 61 && fake.count == 0 && fake.refused[0] == 0; wait++)
            pass_ms(sink, 1000);
    }
    assert_int_equal(fake.acknowledged[1], 1);
    assert_int_equal(fake.refused[0], 1);
    assert_non_null(strstr(fake.reason, "odd_exception: r (400)"));
}

// One document of a day whose index is blocked, others of another day: what becomes of it, and when.
static void
test_blocked_index_is_given_up(void **state) {
    static const char error[] = ",\"error\":{\"type\":\"index_closed_exception\",\"reason\":\"closed\"}";
    static const char early[] = "2026-11-20T01:02:03.000000000Z", late[] = "2026-11-27T01:02:03.000000000Z";
    enum others { GO_ON, END, ARE_BLOCKED };
    static const struct {
        const char *what, *date, *others_date;
        enum others others; // after the first of them was taken
        bool held_up, streams;
        unsigned int least_minutes, most_minutes; // until it is refused; 0: it never is
    } rows[] = {
        {"an old day's", early, late, GO_ON, false, false, 60, 64},
        {"an old day's that holds back others", early, late, END, true, false, 5, 8},
        {"an old day's, of a server that takes nothing", early, late, ARE_BLOCKED, false, false, 0, 0},
        {"an old day's, of a server that takes nothing any more", early, late, ARE_BLOCKED, true, false, 0, 0},
        {"an old day's, while nothing comes", early, late, END, false, false, 0, 0},
        {"today's, while an old day's takes some", late, early, GO_ON, true, false, 0, 0},
        {"a stream", early, late, GO_ON, false, true, 0, 0},
    };
    (void)state;
    for (unsigned int i = 0; i < COUNT(rows); i++) {
        unsigned int number = i * 1000, other = number + 1, minutes = 0;
        config.elasticsearch.data_streams = rows[i].streams;
        fake.wall_ns = 0; // nothing is of an earlier life
        for (unsigned int n = number; n < number + 1000; n++)
            documents[n] = (struct document){.text = texts[n],
                                             .length = strlen(texts[n]),
                                             .id = ids[n],
                                             .id_length = strlen(ids[n]),
                                             .date = n == number ? rows[i].date : rows[i].others_date};
        teardown(NULL);
        open_sink();
        sink->held_up = rows[i].held_up;
        submit(number, 1);
        pass_ms(sink, 200);
        answer_bulk(number, 400, error);
        submit(other++, 1);
        for (; minutes < 180 && fake.refused[number] == 0; minutes++) {
            for (unsigned int s = 0; s < 60; s++) {
                pass_ms(sink, 1000);
                bool all = rows[i].others == ARE_BLOCKED && minutes > 0;
                while (fake.count > 0)
                    answer_bulk(all ? UINT32_MAX : number, 400, error);
                if (rows[i].others != END && s % 20 == 0)
                    submit(other++, 1);
            }
        }
        bool ever = rows[i].most_minutes > 0;
        if (fake.refused[number] != ever || (ever && minutes > rows[i].most_minutes) || minutes < rows[i].least_minutes)
            fail_msg("%s: %u after %u min", rows[i].what, fake.refused[number], minutes);
        for (unsigned int n = number + 1; n < number + 1000; n++)
            assert_int_equal(fake.refused[n], 0);
    }
}

// With data streams.
static void
open_streams(const char *date) {
    teardown(NULL);
    config.elasticsearch.data_streams = true;
    for (unsigned int i = 0; i < FAKE_DOCUMENTS; i++)
        documents[i].date = date;
    open_sink();
}

#define WELL        "{\"_shards\":{\"failed\":0}}"
#define FOUND(hits) "{\"timed_out\":false,\"_shards\":{\"failed\":0},\"hits\":{\"hits\":[" hits "]}}"

static void
test_streams_look_up_what_an_earlier_life_may_have_sent(void **state) {
    (void)state;
    open_streams("2026-11-27T01:02:03.000000000Z"); // less than a minute after the start
    submit(8, 4);
    pass_ms(sink, 200);
    assert_request("http://a:9200/flow/_refresh?", 0);
    fake_status(sink, 200, WELL);
    assert_request("http://a:9200/flow/_search?", 0);
    assert_memory_equal(
        fake.requests[0].body,
        "{\"size\":10000,\"_source\":false,\"query\":{\"ids\":{\"values\":[\"n-8\",\"n-10\",\"n-11\"]}}}",
        fake.requests[0].length);
    fake_status(sink, 200, FOUND("{\"_id\":\"n-10\"}"));
    assert_int_equal(fake.acknowledged[10], 1);
    assert_request("http://a:9200/summary/_refresh?", 0);
    fake_status(sink, 200, WELL);
    assert_request("http://a:9200/summary/_search?", 0);
    fake_status(sink, 200, FOUND(""));
    assert_request("http://a:9200/_bulk?", 3);
    answer_well();
    assert_int_equal(count_of(fake.acknowledged), 4);
}

// Whatever its date says, which the wall clock of then gave it.
static void
test_streams_look_up_what_is_said_to_be_earlier(void **state) {
    (void)state;
    open_streams("2026-11-28T01:02:03.000000000Z");
    documents[0].earlier = true;
    submit(0, 2);
    pass_ms(sink, 200);
    assert_request("http://a:9200/flow/_refresh?", 0);
    fake_status(sink, 200, WELL);
    fake_status(sink, 200, FOUND("{\"_id\":\"n-0\"}"));
    assert_int_equal(fake.acknowledged[0], 1);
    assert_request("http://a:9200/_bulk?", 1);
}

static void
test_streams_look_up_what_is_unsure(void **state) {
    static const struct {
        struct http_answer answer;
        bool unsure;
    } rows[] = {
        {{.outcome = HTTP_NO_CONNECTION, .words = "w"}, false},
        {{.outcome = HTTP_NO_TLS, .words = "w"}, false},
        {{.outcome = HTTP_CUT, .words = "w", .sent = true}, true},
        {{.outcome = HTTP_CUT, .words = "w", .sent = true, .kept = true}, true},
        {{.outcome = HTTP_TIMED_OUT, .words = "w", .sent = true}, true},
        {{.outcome = HTTP_TOO_LARGE, .words = "w", .sent = true}, true},
        {{.outcome = HTTP_ANSWERED, .status = 504}, true},
        {{.outcome = HTTP_ANSWERED, .status = 429}, false},
        {{.outcome = HTTP_ANSWERED, .status = 401}, false},
        {{.outcome = HTTP_ANSWERED, .status = 200, .body = "{"}, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        open_streams("2026-11-27T01:03:03.000000000Z"); // more than a minute after the start
        submit((unsigned int)i * 10, 1);
        pass_ms(sink, 200);
        assert_request("http://a:9200/_bulk?", 1);
        fake_done(sink, &rows[i].answer);
        if (rows[i].unsure)
            assert_int_equal(fake.count, 0); // it may still be at work
        while (fake.count == 0)
            pass_ms(sink, 100);
        if (rows[i].unsure != (strstr(fake.requests[0].url, "_refresh") != NULL))
            fail_msg("row %zu: %s", i, fake.requests[0].url);
    }
}

static void
test_streams_believe_no_half_look_up(void **state) {
    static const struct {
        unsigned int refresh, search;
        const char *refreshed, *found;
    } rows[] = {
        {200, 0, "{\"_shards\":{\"failed\":1}}", NULL},
        {403, 0, "{}", NULL},
        {200, 503, WELL, "{}"},
        {200, 200, WELL, "{}"},
        {200, 200, WELL, "{\"timed_out\":true,\"_shards\":{\"failed\":0},\"hits\":{\"hits\":[]}}"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        open_streams("2026-11-27T01:02:03.000000000Z");
        submit((unsigned int)i * 10, 1);
        pass_ms(sink, 200);
        fake_status(sink, rows[i].refresh, rows[i].refreshed);
        if (rows[i].found != NULL)
            fake_status(sink, rows[i].search, rows[i].found);
        assert_int_equal(view.in_trouble, 1);
        assert_request("http://b:9200/flow/_refresh?", 0); // all of it anew
        fake_status(sink, 200, WELL);
        fake_status(sink, 200, FOUND(""));
        answer_well();
        assert_int_equal(fake.acknowledged[i * 10], 1);
    }
}

static void
test_credentials(void **state) {
    static char key[] = "a2V5", user[] = "elastic", password[] = "secret", colon[] = "a:b";
    static const struct {
        char *key, *user, *password;
        const char *header; // NULL: refused
    } rows[] = {
        {NULL, NULL, NULL, ""},
        {key, NULL, NULL, "Authorization: ApiKey a2V5"},
        {NULL, user, password, "Authorization: Basic ZWxhc3RpYzpzZWNyZXQ="},
        {NULL, user, NULL, "Authorization: Basic ZWxhc3RpYzo="},
        {NULL, colon, password, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char err[JN_ERR_MAX] = "";
        teardown(NULL);
        config.elasticsearch.api_key.value = rows[i].key;
        config.elasticsearch.username.value = rows[i].user;
        config.elasticsearch.password.value = rows[i].password;
        sink = sink_elasticsearch.open(&config, &view, err);
        assert_int_equal(sink != NULL, rows[i].header != NULL);
        if (sink != NULL)
            assert_string_equal(fake.header, rows[i].header);
        assert_null(strstr(err, "secret"));
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_documents_are_sent_together, setup, teardown),
        cmocka_unit_test_setup_teardown(test_in_a_hurry_nothing_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(test_large_documents_are_few_in_a_request, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failed_requests_go_to_the_next_server, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut_of_an_idle_connection, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waits_grow, setup, teardown),
        cmocka_unit_test_setup_teardown(test_documents_of_their_own_fate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_culprit_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(test_blocked_index_is_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_poison_leaves_in_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_streams_look_up_what_an_earlier_life_may_have_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_streams_look_up_what_is_said_to_be_earlier, setup, teardown),
        cmocka_unit_test_setup_teardown(test_streams_look_up_what_is_unsure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_streams_believe_no_half_look_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_credentials, setup, teardown),
    };
    return cmocka_run_group_tests_name("export Elasticsearch", tests, NULL, NULL);
}
