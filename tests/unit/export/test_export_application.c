// SPDX-License-Identifier: BSD-3-Clause
// Applications and texts in flow documents: by nDPI's numbers, seen or guessed.
#include "export_applications.h"

static const struct word_row {
    const char *what;
    uint8_t protocol;
    uint16_t port, phase, number, master;
    const char *protocol_word, *application_word;
    bool in_junction;
} word_rows[] = {
    {"nobody looked: by port", 17, 53, JN_APPLICATION_NONE_PHASE, 0, 0, "dns", NULL, false},
    {"nobody looked, and the port tells nothing", 17, 9999, JN_APPLICATION_NONE_PHASE, 0, 0, "(none)", NULL, false},
    {"looked for: by port as yet", 17, 53, JN_APPLICATION_UNDECIDED_PHASE, 0, 0, "dns", NULL, false},
    {"looked for: the classifier's guess", 6, 53, JN_APPLICATION_UNDECIDED_PHASE, TLS, 0, "tls", NULL, true},
    {"not found: whatever the port", 17, 53, JN_APPLICATION_UNKNOWN_PHASE, 0, 0, "(none)", NULL, false},
    {"seen on another's port", 6, 53, JN_APPLICATION_DECIDED_PHASE, TLS, 0, "tls", NULL, true},
    {"one carries the other", 6, 53, JN_APPLICATION_DECIDED_PHASE, MQTT, TLS, "tls", "mqtt", true},
    {"its own master", 6, 53, JN_APPLICATION_DECIDED_PHASE, TLS, TLS, "tls", NULL, true},
    {"what network.transport says", 1, 0, JN_APPLICATION_DECIDED_PHASE, ICMP, 0, "(none)", NULL, true},
    {"a number without a name", 6, 53, JN_APPLICATION_DECIDED_PHASE, 511, 0, "(none)", NULL, true},
};

static void
test_words_of_applications(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(word_rows); i++) {
        const struct word_row *row = &word_rows[i];
        struct jn_record r = udp_record(0, 0, 5, 40000, row->port, 1);
        r.flow.protocol = row->protocol;
        r.flow.application = row->number;
        r.flow.application_master = row->master;
        r.flow.application_confidence = BY_DPI;
        r.flow.flags |= (uint16_t)(row->phase << JN_FLOW_APPLICATION_SHIFT);
        json_t *d = write_with(&writer, &r);
        const char *application = row->application_word != NULL ? row->application_word : "(none)";
        if (strcmp(text_at(d, "network/protocol"), row->protocol_word) != 0 ||
            strcmp(text_at(d, "network/application"), application) != 0 ||
            (at_path(d, "junction/application") != NULL) != row->in_junction)
            fail_msg("%s: found %s, %s", row->what, text_at(d, "network/protocol"), text_at(d, "network/application"));
        json_decref(d);
    }
}

static void
test_what_ecs_has_no_field_for(void **state) {
    (void)state;
    struct jn_record r = seen_record(0, 7, TLS, 0);
    r.flow.flags |= JN_FLOW_VERDICT_CHANGED;
    keep(&r, JN_ANNOTATION_RISKS, "8000000000000021"); // bits 0 and 63 have no name
    json_t *d = write_with(&writer, &r);
    assert_part(d, "junction/verdict_changed", "true");
    assert_part(d, "junction/application/name", "\"TLS\"");
    if (jn_applications_known()) {
        assert_part(d, "junction/application/category", "\"Web\"");
        assert_part(d, "junction/application/confidence", "\"DPI\"");
        assert_part(d, "junction/application/risks",
                    "[{\"name\":\"Known Protocol on Non Standard Port\",\"severity\":\"Medium\"}]");
    }
    json_decref(d);
}

static const struct kind_row {
    uint8_t kind;
    const char *text, *path;
} kind_rows[] = {
#define X(id, number, bytes, most, name, field) {JN_ANNOTATION_##id, NULL, field},
    JN_ANNOTATION_KINDS(X)
#undef X
};

static const char *
sample_text(uint8_t kind) {
    switch (kind) {
    case JN_ANNOTATION_DNS_ANSWER: return "fd00::1";
    case JN_ANNOTATION_CERTIFICATE_NOT_BEFORE:
    case JN_ANNOTATION_CERTIFICATE_NOT_AFTER: return "1950-01-02T03:04:05Z";
    case JN_ANNOTATION_RISKS: return "0000000000000020";
    case JN_ANNOTATION_TLS_VERSION: return "\"1.3\\\"";
    default: return "\"例\\え\" <b>";
    }
}

// Each by itself, and then all of them; full and lean.
static void
test_each_text_in_its_field(void **state) {
    (void)state;
    struct jn_record all = seen_record(0, 100, TLS, 0);
    for (size_t i = 0; i < 2 * COUNT(kind_rows); i++) {
        const struct kind_row *row = &kind_rows[i % COUNT(kind_rows)];
        struct jn_record r = i < COUNT(kind_rows) ? seen_record(0, (uint32_t)i, TLS, 0) : all;
        char path[64];
        writer.lean = i % 2 == 0;
        keep(&r, row->kind, sample_text(row->kind));
        json_t *d = write_with(&writer, &r);
        snprintf(path, sizeof(path), "%s", row->path);
        for (char *dot = path; (dot = strchr(dot, '.')) != NULL;)
            *dot = '/';
        if (row->kind == JN_ANNOTATION_DNS_ANSWER)
            assert_part(d, path, "[\"fd00::1\"]");
        else if (row->kind != JN_ANNOTATION_RISKS)
            assert_string_equal(text_at(d, path), sample_text(row->kind));
        json_decref(d);
    }
}

// The longest, each character of which is escaped, and all addresses: within the document's room.
static void
test_longest_texts(void **state) {
    (void)state;
    static const uint8_t longest[] = {JN_ANNOTATION_SERVER_NAME, JN_ANNOTATION_HTTP_HOST, JN_ANNOTATION_USER_AGENT,
                                      JN_ANNOTATION_RISKS};
    struct jn_record r = seen_record(0, 7, TLS, 0);
    for (size_t i = 0; i < COUNT(longest); i++) {
        char text[JN_ANNOTATION_MAX + 1] = "";
        memset(text, longest[i] == JN_ANNOTATION_RISKS ? 'f' : '"', jn_annotation_most(longest[i]));
        keep(&r, longest[i], text);
    }
    for (unsigned int i = 0; i < 8; i++) {
        char address[16];
        snprintf(address, sizeof(address), "198.18.1.%u", i);
        keep(&r, JN_ANNOTATION_DNS_ANSWER, address);
    }
    json_t *d = write_with(&writer, &r);
    assert_int_equal(strlen(text_at(d, "tls/client/server_name")), 255);
    assert_int_equal(json_array_size(at_path(d, "dns/resolved_ip")), 8);
    json_decref(d);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_words_of_applications),
        TEST(test_what_ecs_has_no_field_for),
        TEST(test_each_text_in_its_field),
        TEST(test_longest_texts),
    };
    protocols_init();
    return cmocka_run_group_tests_name("applications", tests, make_run_directory, remove_run_directory);
}
