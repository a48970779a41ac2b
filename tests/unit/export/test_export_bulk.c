// SPDX-License-Identifier: BSD-3-Clause
// What the bulk API is asked, and what is believed of its answers.
#include "bulk_answer.h"
#include "bulk_request.h"

#include "test.h"

static struct document
document(const char *id, const char *text, enum document_kind kind) {
    return (struct document){.text = text,
                             .length = strlen(text),
                             .id = id,
                             .id_length = strlen(id),
                             .date = "2026-11-27T01:02:03.000000000Z",
                             .kind = kind};
}

static void
test_urls(void **state) {
    static const struct {
        const char *base, *pipeline, *url;
    } rows[] = {
        {"http://a:9200", NULL,
         "http://a:9200/_bulk?filter_path=error,status,errors,items.*._id,items.*.status,items.*.error"},
        {"http://a/b//", "",
         "http://a/b/_bulk?filter_path=error,status,errors,items.*._id,items.*.status,items.*.error"},
        {"http://a", "p&q é",
         "http://a/"
         "_bulk?filter_path=error,status,errors,items.*._id,items.*.status,items.*.error&pipeline=p%26q%20%C3%A9"},
    };
    char url[BULK_URL_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct bulk_target target = {.names = {"f", "s"}, .pipeline = rows[i].pipeline};
        assert_true(bulk_url(&target, rows[i].base, url));
        assert_string_equal(url, rows[i].url);
    }
}

static void
test_lines(void **state) {
    static const struct {
        bool streams;
        enum document_kind kind;
        const char *line;
    } rows[] = {
        {false, DOCUMENT_FLOW, "{\"create\":{\"_index\":\"f-2026.11.27\",\"_id\":\"n\\\"-1\"}}\n{\"a\":1}\n"},
        {false, DOCUMENT_SUMMARY, "{\"create\":{\"_index\":\"s-2026.11.27\",\"_id\":\"n\\\"-1\"}}\n{\"a\":1}\n"},
        {true, DOCUMENT_FLOW, "{\"create\":{\"_index\":\"f\",\"_id\":\"n\\\"-1\"}}\n{\"a\":1}\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct bulk_target target = {.names = {"f", "s"}, .data_streams = rows[i].streams};
        const struct document one = document("n\\\"-1", "{\"a\":1}", rows[i].kind);
        struct http_body body;
        assert_true(http_body_open(&body, false));
        http_body_begin(&body);
        bulk_add(&body, &target, &one);
        assert_true(http_body_end(&body));
        assert_int_equal(body.length, strlen(rows[i].line));
        assert_memory_equal(body.bytes, rows[i].line, body.length);
        assert_true(bulk_size(&one) >= body.length);
        http_body_close(&body);
    }
}

static void
test_compressed_body_is_the_same(void **state) {
    static char plain[300000], back[sizeof(plain) + 1];
    struct http_body body;
    (void)state;
    for (size_t i = 0; i < sizeof(plain); i++)
        plain[i] = (char)(i * i >> (i % 7));
    assert_true(http_body_open(&body, true));
    for (int round = 0; round < 2; round++) {
        http_body_begin(&body);
        for (size_t at = 0, piece = 1; at < sizeof(plain); at += piece, piece = piece * 2 + 1)
            http_body_add(&body, plain + at, piece < sizeof(plain) - at ? piece : sizeof(plain) - at);
        assert_true(http_body_end(&body));
        z_stream stream = {.next_in = (Bytef *)body.bytes,
                           .avail_in = (uInt)body.length,
                           .next_out = (Bytef *)back,
                           .avail_out = sizeof(back)};
        assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
        assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
        assert_int_equal(stream.total_out, sizeof(plain));
        assert_memory_equal(back, plain, sizeof(plain));
        inflateEnd(&stream);
    }
    http_body_close(&body);
}

#define ITEM(id, status) "{\"create\":{\"_id\":\"" id "\",\"status\":" #status "}}"

static void
test_answers_that_are_not_believed(void **state) {
    static const struct {
        const char *body, *why; // NULL: believed
    } rows[] = {
        {"{\"items\":[" ITEM("a", 201) "," ITEM("b\\\"", 409) "]}", NULL},
        {"", "the answer is empty"},
        {"<html>", "is not JSON"},
        {"{\"items\":[" ITEM("a", 201) "," ITEM("b\\\"", 2), "is not JSON"},
        {"{\"items\":[" ITEM("a", 201) "," ITEM("b\\\"", 201) "]}x", "is not JSON"},
        {"[]", "no object"},
        {"{}", "no items"},
        {"{\"items\":{}}", "no items"},
        {"{\"items\":[" ITEM("a", 201) "]}", "has 1 items, for 2"},
        {"{\"items\":[" ITEM("a", 201) "," ITEM("b\\\"", 201) "," ITEM("c", 201) "]}", "has 3 items, for 2"},
        {"{\"items\":[" ITEM("b\\\"", 409) "," ITEM("a", 201) "]}", NULL}, // by OpenSearch
        {"{\"items\":[" ITEM("a", 201) "," ITEM("a", 201) "]}", "no item for the document b"},
        {"{\"items\":[" ITEM("b\\\"", 201) "," ITEM("b\\\"", 201) "]}", "no item for the document a"},
        {"{\"items\":[" ITEM("a", 201) "," ITEM("b", 201) "]}", "no item for the document b"},
        {"{\"items\":[" ITEM("a", 201) "," ITEM("b\\\"", 100) "]}", "no status"},
        {"{\"items\":[" ITEM("a", 201) "," ITEM("b\\\"", "201") "]}", "no status"},
        {"{\"items\":[" ITEM("a", 201) ",{\"index\":{\"_id\":\"b\\\"\",\"status\":201}}]}",
         "no item for the document b"},
        {"{\"items\":[" ITEM("a", 201) ",null]}", "no item for the document b"},
        {"{\"items\":[],\"items\":[" ITEM("a", 201) "," ITEM("b\\\"", 409) "]}", "is not JSON"},
    };
    const struct document documents[] = {document("a", "{}", DOCUMENT_FLOW), document("b\\\"", "{}", DOCUMENT_FLOW)};
    const struct document *const asked[] = {&documents[0], &documents[1]};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char why[BULK_WHY_MAX] = "";
        struct bulk_answer answer;
        bool believed = bulk_answer_read(&answer, rows[i].body, strlen(rows[i].body), asked, 2, why);
        if (believed != (rows[i].why == NULL) || (!believed && strstr(why, rows[i].why) == NULL))
            fail_msg("row %zu: %s", i, why);
        if (believed) {
            assert_int_equal(bulk_answer_verdict(&answer, 0).status, 201);
            assert_int_equal(bulk_answer_verdict(&answer, 1).status, 409);
            bulk_answer_free(&answer);
        }
    }
}

static void
test_deep_answers_end(void **state) {
    static char deep[100000];
    const struct document one = document("a", "{}", DOCUMENT_FLOW);
    const struct document *const asked[] = {&one};
    char why[BULK_WHY_MAX];
    struct bulk_answer answer;
    (void)state;
    memset(deep, '[', sizeof(deep));
    assert_false(bulk_answer_read(&answer, deep, sizeof(deep), asked, 1, why));
    assert_non_null(strstr(why, "not JSON"));
}

#define ERROR(status, type, reason)                                                                                    \
    "{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":" #status ",\"error\":{\"type\":\"" type                        \
    "\",\"reason\":\"" reason "\"}}}]}"

static void
test_fates(void **state) {
    static const struct {
        const char *body;
        enum bulk_fate fate;
        const char *advice; // a part of it, or NULL
    } rows[] = {
        {"{\"items\":[" ITEM("a", 201) "]}", BULK_DELIVERED, NULL},
        {ERROR(409, "version_conflict_engine_exception", "[a]: version conflict, document already exists"),
         BULK_DELIVERED, NULL},
        {ERROR(409, "another_exception", "r"), BULK_UNKNOWN, NULL},
        {ERROR(400, "mapper_parsing_exception", "failed to parse field [a]"), BULK_REFUSED, NULL},
        {ERROR(400, "document_parsing_exception", "[1:5] failed to parse"), BULK_REFUSED, NULL},
        {ERROR(400, "strict_dynamic_mapping_exception", "mapping set to strict"), BULK_REFUSED, NULL},
        {ERROR(413, "t", "r"), BULK_REFUSED, NULL},
        {ERROR(400, "illegal_argument_exception", "Limit of total fields [1000] has been exceeded"), BULK_UNKNOWN,
         NULL},
        {ERROR(400, "illegal_argument_exception", "pipeline with id [x] does not exist"), BULK_BLOCKED, "pipeline"},
        {ERROR(403, "cluster_block_exception",
               "index [f] blocked by: [FORBIDDEN/12/index read-only / allow delete (api)];"),
         BULK_BLOCKED, "read_only_allow_delete"},
        {ERROR(429, "cluster_block_exception", "disk usage exceeded flood-stage watermark"), BULK_BLOCKED, "make room"},
        {ERROR(404, "index_not_found_exception", "no such index [f]"), BULK_BLOCKED, "auto_create_index"},
        {ERROR(400, "index_closed_exception", "closed"), BULK_BLOCKED, "open the index"},
        {ERROR(403, "security_exception", "action is unauthorized"), BULK_BLOCKED, "privileges"},
        {ERROR(400, "validation_exception", "this cluster currently has [1000]/[1000] maximum shards open"),
         BULK_BLOCKED, "max_shards_per_node"},
        {ERROR(429, "es_rejected_execution_exception", "rejected"), BULK_BUSY, NULL},
        {ERROR(429, "circuit_breaking_exception", "Data too large"), BULK_BUSY, NULL},
        {ERROR(503, "unavailable_shards_exception", "primary shard is not active"), BULK_BUSY, NULL},
        {ERROR(500, "null_pointer_exception", "r"), BULK_UNKNOWN, NULL},
        {"{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":400,\"error\":\"in words\"}}]}", BULK_UNKNOWN, NULL},
        {"{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":400,\"error\":[{}]}}]}", BULK_UNKNOWN, NULL},
        {"{\"items\":[{\"create\":{\"_id\":\"a\",\"status\":400}}]}", BULK_UNKNOWN, NULL},
    };
    const struct document one = document("a", "{}", DOCUMENT_FLOW);
    const struct document *const asked[] = {&one};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char why[BULK_WHY_MAX] = "";
        struct bulk_answer answer;
        if (!bulk_answer_read(&answer, rows[i].body, strlen(rows[i].body), asked, 1, why))
            fail_msg("row %zu: %s", i, why);
        struct bulk_verdict verdict = bulk_answer_verdict(&answer, 0);
        if (verdict.fate != rows[i].fate || (verdict.advice != NULL) != (rows[i].advice != NULL) ||
            (verdict.advice != NULL && strstr(verdict.advice, rows[i].advice) == NULL))
            fail_msg("row %zu: fate %d, %s", i, verdict.fate, verdict.advice);
        bulk_answer_free(&answer);
    }
}

static void
test_error_words(void **state) {
    static const struct {
        const char *body, *type, *words;
    } rows[] = {
        {"{\"error\":{\"type\":\"t\",\"reason\":\"r\"},\"status\":400}", "t", "t: r"},
        {"{\"error\":\"no handler\",\"status\":400}", "", "no handler"},
        {"<html>\n<b>", "", "<html>.<b>"},
        {"{}", "", "{}"},
        {"", "", "an empty answer"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char type[64], words[BULK_WHY_MAX];
        bulk_error_words(rows[i].body, strlen(rows[i].body), type, words);
        assert_string_equal(type, rows[i].type);
        assert_string_equal(words, rows[i].words);
    }
}

#define HITS(failed, hits) "{\"timed_out\":false,\"_shards\":{\"failed\":" #failed "},\"hits\":{\"hits\":[" hits "]}}"

static void
test_found(void **state) {
    static const struct {
        const char *body;
        bool believed, found[2];
    } rows[] = {
        {HITS(0, ""), true, {false, false}},
        {HITS(0, "{\"_id\":\"a\"},{\"_id\":\"x\"}"), true, {true, false}},
        {HITS(0, "{\"_id\":\"b\\\"\"},{\"_id\":\"a\"},{\"_id\":\"a\"}"), true, {true, true}},
        {HITS(1, "{\"_id\":\"a\"}"), false, {false, false}},
        {HITS(0, "{\"_id\":1}"), false, {false, false}},
        {HITS(0, "7"), false, {false, false}},
        {"{\"timed_out\":true,\"_shards\":{\"failed\":0},\"hits\":{\"hits\":[]}}", false, {false, false}},
        {"{\"_shards\":{\"failed\":0}}", false, {false, false}},
        {"{\"hits\":{\"hits\":[]}}", false, {false, false}},
        {"", false, {false, false}},
        {"[]", false, {false, false}},
    };
    const struct document documents[] = {document("a", "{}", DOCUMENT_FLOW), document("b\\\"", "{}", DOCUMENT_FLOW)};
    const struct document *const asked[] = {&documents[0], &documents[1]};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char why[BULK_WHY_MAX] = "";
        bool found[2] = {false, false};
        if (bulk_found(rows[i].body, strlen(rows[i].body), asked, 2, found, why) != rows[i].believed)
            fail_msg("row %zu: %s", i, why);
        assert_int_equal(why[0] != '\0', !rows[i].believed);
        if (rows[i].believed)
            assert_memory_equal(found, rows[i].found, sizeof(found));
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_compressed_body_is_the_same),
        cmocka_unit_test(test_answers_that_are_not_believed),
        cmocka_unit_test(test_deep_answers_end),
        cmocka_unit_test(test_fates),
        cmocka_unit_test(test_error_words),
        cmocka_unit_test(test_found),
    };
    return cmocka_run_group_tests_name("export bulk API", tests, NULL, NULL);
}
