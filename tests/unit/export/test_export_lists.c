// SPDX-License-Identifier: BSD-3-Clause
// Every verdict bit, flow flag, end reason and record type goes from a record to a document and its words, and the
// published schema and reference know the words. What is in no list is refused.
#include "annotations.h"
#include "export_records.h"
#include "flow_document.h"
#include "lists.h"
#include "protocols.h"
#include "record_check.h"
#include "test.h"

#define DOCS JN_SOURCE_ROOT "/docs/"

static struct names names;
static struct flow_writer writer;
static json_t *schema;
static char reference[1 << 20];

static const struct {
    uint16_t bits;
    const char *in_document, *word, *text;
} verdicts[] = {
#define X(id, bit, in_document, word, text) {JN_VERDICT_##id, in_document, word, text},
    JN_VERDICTS(X)
#undef X
};
enum { VERDICTS = sizeof(verdicts) / sizeof(verdicts[0]) };

static json_t *
write_document(const struct jn_record *record) {
    static struct flow_document document;
    const char *error = record_error(record, record->worker);
    if (error != NULL)
        fail_msg("refused: %s", error);
    flow_document_write(&writer, record, &document);
    json_t *parsed = json_loadb(document.text, document.length, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(parsed);
    return parsed;
}

static bool
has(const json_t *words, const char *word) {
    const json_t *value;
    size_t i;
    json_array_foreach(words, i, value) {
        if (strcmp(json_string_value(value), word) == 0)
            return true;
    }
    return false;
}

static const json_t *
schema_words(const char *path) {
    const json_t *words = at_path(schema, path);
    assert_true(json_is_array(words));
    return words;
}

static void
assert_explained(const char *text) {
    if (strstr(reference, text) == NULL)
        fail_msg("docs/documents.md lacks: %s", text);
}

// Each alone and each with any other: its word is there, once, and no other's.
static void
test_verdicts(void **state) {
    (void)state;
    const json_t *known = schema_words("properties/junction/properties/verdict/items/enum");
    for (unsigned int i = 0; i < VERDICTS; i++) {
        for (unsigned int j = 0; j < VERDICTS; j++) {
            struct jn_record r = udp_record(0, 0, 5, 40000, 53, 2);
            r.flow.verdict = verdicts[i].bits | verdicts[j].bits;
            json_t *d = write_document(&r), *found = at_path(d, "junction/verdict");
            const char *a = verdicts[i].in_document, *b = verdicts[j].in_document;
            assert_int_equal(json_array_size(found), (a[0] != '\0') + (b[0] != '\0' && strcmp(a, b) != 0));
            assert_true(a[0] == '\0' || (has(found, a) && has(known, a)));
            assert_true(b[0] == '\0' || has(found, b));
            json_decref(d);
        }
        char quoted[64];
        snprintf(quoted, sizeof(quoted), "`%s`", verdicts[i].in_document);
        if (verdicts[i].in_document[0] != '\0')
            assert_explained(quoted);
    }
    for (size_t k = 0; k < json_array_size(known); k++) {
        bool listed = false;
        for (unsigned int i = 0; i < VERDICTS; i++)
            listed |= strcmp(verdicts[i].in_document, json_string_value(json_array_get(known, k))) == 0;
        assert_true(listed);
    }
}

static void
test_words_of_the_command_line(void **state) {
    (void)state;
    for (unsigned int i = 0; i < VERDICTS; i++)
        assert_string_equal(jn_list_word(&jn_verdict_list, (unsigned int)__builtin_ctz(verdicts[i].bits)),
                            verdicts[i].word);
    assert_int_equal(1u << jn_verdict_list.count, JN_VERDICTS_ALL + 1);
}

static void
test_flags(void **state) {
    (void)state;
    for (unsigned int bit = 0; bit < 16; bit++) {
        struct jn_record r = udp_record(0, 0, 5, 40000, 53, 2);
        r.flow.flags = (uint16_t)(1u << bit);
        if (JN_FLOW_FLAGS_ALL >> bit & 1)
            json_decref(write_document(&r));
        else
            assert_non_null(record_error(&r, 0));
    }
    for (unsigned int bit = 0; bit < 16; bit++) {
        struct jn_record r = udp_record(0, 0, 5, 40000, 53, 2);
        r.flow.verdict = (uint16_t)(1u << bit);
        assert_int_equal(record_error(&r, 0) == NULL, JN_VERDICTS_ALL >> bit & 1);
    }
}

static void
test_end_reasons(void **state) {
    (void)state;
    static const struct {
        uint8_t number;
        const char *name, *said;
    } rows[] = {
#define X(id, number, name) {JN_END_##id, name, #number " " name},
        JN_END_REASONS(X)
#undef X
    };
    size_t count = sizeof(rows) / sizeof(rows[0]);
    const json_t *known = schema_words("properties/junction/properties/end_reason/properties/name/enum");
    assert_int_equal(json_array_size(known), count);
    for (size_t i = 0; i < count; i++) {
        struct jn_record r = udp_record(0, 0, 5, 40000, 53, 2);
        r.flow.end_reason = rows[i].number;
        json_t *d = write_document(&r);
        assert_int_equal(number_at(d, "junction/end_reason/id"), rows[i].number);
        assert_string_equal(text_at(d, "junction/end_reason/name"), rows[i].name);
        assert_true(has(known, rows[i].name));
        assert_explained(rows[i].said);
        json_decref(d);
    }
    for (unsigned int number = 0; number < 256; number++) {
        struct jn_record r = udp_record(0, 0, 5, 40000, 53, 2);
        r.flow.end_reason = (uint8_t)number;
        assert_int_equal(record_error(&r, 0) == NULL, jn_end_reason_known(number));
    }
}

// Each mark alone and each with any other. What only the exporter can tell is refused in a record.
static void
test_interval_marks(void **state) {
    (void)state;
    const json_t *known = schema_words("properties/junction/properties/interval/properties/irregular/items/enum");
    for (unsigned int i = 0; i < jn_interval_mark_list.count; i++) {
        char quoted[64];
        snprintf(quoted, sizeof(quoted), "`%s`", jn_list_word(&jn_interval_mark_list, i));
        assert_explained(quoted);
        for (unsigned int j = 0; j < jn_interval_mark_list.count; j++) {
            struct jn_record r = udp_record(0, 0, 5, 40000, 53, 2);
            r.marks = (uint16_t)(1u << i | 1u << j);
            if (r.marks & JN_INTERVAL_CUT) {
                assert_non_null(record_error(&r, 0));
                continue;
            }
            json_t *d = write_document(&r), *found = at_path(d, "junction/interval/irregular");
            assert_int_equal(json_array_size(found), 1 + (i != j));
            assert_true(has(found, jn_list_word(&jn_interval_mark_list, i)) &&
                        has(found, jn_list_word(&jn_interval_mark_list, j)) &&
                        has(known, jn_list_word(&jn_interval_mark_list, i)));
            json_decref(d);
        }
    }
    assert_int_equal(json_array_size(known), jn_interval_mark_list.count - 1);
}

static void
test_record_types(void **state) {
    (void)state;
    static const enum jn_record_type types[] = {
#define X(id, number, text) JN_RECORD_##id,
        JN_RECORD_TYPES(X)
#undef X
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct jn_record r = udp_record(0, 0, 5, 40000, 53, 2);
        if (types[i] != JN_RECORD_FLOW)
            r = blank_record(types[i], 0, 0);
        assert_null(record_error(&r, 0));
    }
    for (unsigned int type = 0; type < 64; type++) {
        struct jn_record r = udp_record(0, 0, 5, 40000, 53, 2);
        r.type = type;
        if (!jn_record_type_known(type))
            assert_non_null(record_error(&r, 0));
    }
}

// Where each text stands, as the schema and the reference have it.
static void
test_texts(void **state) {
    (void)state;
    static const struct {
        const char *field;
        unsigned int bytes;
    } texts[] = {
#define X(id, number, bytes, most, name, field) {field, bytes},
        JN_ANNOTATION_KINDS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char path[256] = "", field[64];
        snprintf(field, sizeof(field), "%s", texts[i].field);
        for (char *part = strtok(field, "."); part != NULL; part = strtok(NULL, "."))
            snprintf(path + strlen(path), sizeof(path) - strlen(path), "%sproperties/%s", path[0] != '\0' ? "/" : "",
                     part);
        const json_t *known = at_path(schema, path);
        if (known == NULL)
            fail_msg("docs/flow.schema.json lacks: %s", texts[i].field);
        if (json_object_get(known, "maxLength") != NULL)
            assert_int_equal(json_integer_value(json_object_get(known, "maxLength")), texts[i].bytes);
        snprintf(path, sizeof(path), "`%s`", texts[i].field);
        assert_explained(path);
    }
}

static int
read_docs(void **state) {
    (void)state;
    FILE *file = fopen(DOCS "documents.md", "r");
    if (file == NULL)
        return -1;
    size_t length = fread(reference, 1, sizeof(reference) - 1, file);
    fclose(file);
    schema = json_load_file(DOCS "flow.schema.json", JSON_REJECT_DUPLICATES, NULL);
    return length > 0 && schema != NULL ? 0 : -1;
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),     cmocka_unit_test(test_words_of_the_command_line),
        cmocka_unit_test(test_flags),        cmocka_unit_test(test_end_reasons),
        cmocka_unit_test(test_record_types), cmocka_unit_test(test_interval_marks),
        cmocka_unit_test(test_texts),
    };
    protocols_init();
    names_open(&names, "test");
    flow_writer_open(&writer, "edge-1", &names);
    int failed = cmocka_run_group_tests_name("export lists", tests, read_docs, NULL);
    json_decref(schema);
    names_close(&names);
    return failed;
}
