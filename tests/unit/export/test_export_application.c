// SPDX-License-Identifier: BSD-3-Clause
// Applications and texts in flow documents and summaries: by nDPI's numbers, seen or guessed.
#include <sys/stat.h>

#include "applications/applications.h"
#include "export_aggregator.h"
#include "export_annotations.h"

enum { TLS = 91, DNS = 5, MQTT = 222, ICMP = 81, GOOGLE = 126, BY_PORT = 1, BY_DPI = 4 };

static struct names names;
static struct annotated kept;
static struct flow_writer writer;

static int
setup(void **state) {
    char err[JN_ERR_MAX];
    static const uint64_t tails[1], heads[1] = {1000};
    (void)state;
    open_aggregator(64);
    if (annotated_open(&kept, instance, 64, err) < 0 || !aggregate_attach(&aggregator, TEST_BOOT, 1, tails, heads))
        return -1;
    flow_writer_open(&writer, "edge-1", &names);
    writer.annotated = &kept;
    return 0;
}

static int
teardown(void **state) {
    annotated_close(&kept, true);
    return close_aggregator(state);
}

static void
keep(const struct jn_record *record, enum jn_annotation_kind kind, const char *text) {
    struct jn_annotation annotation = annotation_of(record, kind, text);
    annotated_add(&kept, &annotation);
}

// What is wanted of one part of a document, NULL: that it is missing.
static void
assert_part(json_t *document, const char *path, const char *expected) {
    char *found = json_dumps(at_path(document, path), JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    if ((found == NULL) != (expected == NULL) || (found != NULL && strcmp(found, expected) != 0))
        fail_msg("%s: expected %s, found %s", path, expected, found);
    free(found);
}

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

static json_t *
summary_of_all(void) {
    take(blank_record(JN_RECORD_INTERVAL_END, 0, 0));
    struct top_flows top;
    struct summary summary;
    int interval_idx = aggregate_complete(&aggregator);
    assert_true(top_flows_find(&top, &aggregator.state, (unsigned int)interval_idx, 10, &kept));
    assert_true(summary_write(&aggregator.state, (unsigned int)interval_idx, 0, &top, "edge-1", &summary));
    json_t *d = json_loadb(summary.text, summary.length, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(d);
    free(summary.text);
    top_flows_free(&top);
    return d;
}

// A row of detected.protos as "packets/bytes/flows", "" when there is none.
static const char *
detected(json_t *summary, const char *name) {
    static char text[64];
    json_t *row;
    size_t i;
    text[0] = '\0';
    json_array_foreach(json_object_get(summary, "detected.protos"), i, row) {
        if (strcmp(text_at(row, "name"), name) == 0)
            snprintf(text, sizeof(text), "%lld/%lld/%lld", number_at(row, "packets"), number_at(row, "bytes"),
                     number_at(row, "flows"));
    }
    return text;
}

static struct jn_record
record_of(uint32_t flow_idx, enum jn_application_phase phase, uint16_t number, uint8_t confidence, uint32_t packets) {
    struct jn_record r = seen_record(0, flow_idx, number, 0);
    r.flow.flags = (uint16_t)(JN_FLOW_DEVICE_A | phase << JN_FLOW_APPLICATION_SHIFT);
    r.flow.application_confidence = confidence;
    r.flow.packets[0] = packets;
    r.flow.bytes[0] = packets * 100;
    return r;
}

// Each record has a packet and 60 bytes of the other end, too.
static const struct move_row {
    const char *what;
    struct {
        uint8_t phase, confidence;
        uint16_t number;
        uint32_t packets;
    } records[3];
    const char *unknown, *dns, *tls;
    int guessed, guessed_without;
} move_rows[] = {
    {"guessed, then seen", {{1, 0, DNS, 2}, {3, 4, TLS, 3}}, "", "", "7/620/1", 0, 0},
    {"unknown, then seen", {{1, 0, 0, 2}, {3, 4, TLS, 3}}, "", "", "7/620/1", 0, 0},
    {"seen, then another flow of the same ends guessed", {{3, 4, TLS, 2}, {1, 0, DNS, 3}}, "", "", "7/620/1", 0, 0},
    {"seen, then not found", {{3, 4, TLS, 2}, {2, 0, 0, 3}}, "", "", "7/620/1", 0, 0},
    {"seen, then seen otherwise", {{3, 4, TLS, 2}, {3, 4, DNS, 3}}, "", "7/620/1", "", 0, 0},
    {"guessed by the classifier, by port", {{3, BY_PORT, TLS, 2}}, "", "", "3/260/1", 1, 0},
    {"guessed thrice", {{1, 0, DNS, 1}, {1, 0, TLS, 1}, {1, 0, DNS, 1}}, "", "6/480/1", "", 1, 1},
    {"never known", {{2, 0, 0, 1}, {2, 0, 0, 1}}, "4/320/1", "", "", 0, 0},
};

static void
assert_row(const struct move_row *row, json_t *d) {
    if (strcmp(detected(d, "Unknown"), row->unknown) != 0 || strcmp(detected(d, "DNS"), row->dns) != 0 ||
        strcmp(detected(d, "TLS"), row->tls) != 0)
        fail_msg("%s: found %s", row->what, json_dumps(json_object_get(d, "detected.protos"), JSON_COMPACT));
    assert_int_equal(number_at(d, "traffic.statistics/guessed.flow.protos"),
                     jn_applications_known() ? row->guessed : row->guessed_without);
    assert_int_equal(number_at(d, "traffic.statistics/unique.flows"), 1);
}

static void
test_a_flow_counts_for_what_it_turned_out_to_be(void **state) {
    for (size_t i = 0; i < COUNT(move_rows); i++) {
        const struct move_row *row = &move_rows[i];
        for (size_t n = 0; n < 3 && row->records[n].packets != 0; n++)
            take(record_of(7, row->records[n].phase, row->records[n].number, row->records[n].confidence,
                           row->records[n].packets));
        json_t *d = summary_of_all();
        assert_row(row, d);
        json_decref(d);
        teardown(state);
        setup(state);
    }
}

// Whatever changes to what: the applications' sums are those of the records, and each flow is in one.
static void
test_sums_hold_whatever_changes(void **state) {
    (void)state;
    uint64_t seed = 88172645463325252, packets = 0, bytes = 0;
    long long sum[3] = {0};
    size_t i;
    json_t *row;
    for (unsigned int n = 0; n < 2000; n++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        struct jn_record r = record_of(seed % 40, seed >> 8 & 3, (seed >> 16) % 5 == 0 ? 0 : (seed >> 24) % 300,
                                       (seed >> 40) % 5, seed >> 48 & 3);
        packets += r.flow.packets[0] + r.flow.packets[1];
        bytes += r.flow.bytes[0] + r.flow.bytes[1];
        take(r);
    }
    json_t *d = summary_of_all();
    json_array_foreach(json_object_get(d, "detected.protos"), i, row) {
        sum[0] += number_at(row, "packets");
        sum[1] += number_at(row, "bytes");
        sum[2] += number_at(row, "flows");
    }
    assert_int_equal(sum[0], packets);
    assert_int_equal(sum[1], bytes);
    assert_int_equal(sum[2], number_at(d, "traffic.statistics/unique.flows"));
    assert_in_range(number_at(d, "traffic.statistics/guessed.flow.protos"), 0, 40);
    json_decref(d);
}

// As nDPI's report has them.
static void
test_known_flows(void **state) {
    (void)state;
    struct jn_record web = record_of(1, JN_APPLICATION_DECIDED_PHASE, MQTT, BY_DPI, 9),
                     dns = record_of(2, JN_APPLICATION_DECIDED_PHASE, DNS, BY_DPI, 5),
                     none = record_of(3, JN_APPLICATION_DECIDED_PHASE, TLS, BY_DPI, 1);
    web.flow.application_master = TLS;
    take(web);
    take(dns);
    take(none);
    keep(&web, JN_ANNOTATION_SERVER_NAME, "www.example.org");
    keep(&web, JN_ANNOTATION_CERTIFICATE_SUBJECT, "CN=\"example\"");
    keep(&dns, JN_ANNOTATION_DNS_QUESTION, "a.example.org");
    json_t *d = summary_of_all(), *flows = json_object_get(d, "known.flows"), *row = json_array_get(flows, 0);
    assert_int_equal(number_at(row, "detected.masterprotocol"), TLS);
    assert_int_equal(number_at(row, "detected.protocol"), MQTT);
    assert_string_equal(text_at(row, "detected.protocol.name"), "TLS.MQTT");
    assert_string_equal(text_at(row, "host.server.name"), "www.example.org");
    assert_part(row, "ssl", "{\"client\":\"www.example.org\",\"server\":\"CN=\\\"example\\\"\"}");
    row = json_array_get(flows, 1);
    assert_string_equal(text_at(row, "host.server.name"), "a.example.org");
    assert_part(row, "ssl", NULL);
    row = json_array_get(flows, 2);
    assert_part(row, "host.server.name", NULL);
    assert_part(row, "detected.masterprotocol", NULL);
    assert_string_equal(text_at(row, "detected.protocol.name"), "TLS");
    json_decref(d);
}

// What a killed dataplane had counted of a flow comes without what carried the application, or how it was found.
static void
test_a_salvaged_record_takes_nothing_away(void **state) {
    (void)state;
    struct jn_record carried = record_of(1, JN_APPLICATION_DECIDED_PHASE, MQTT, BY_DPI, 9),
                     guessed = record_of(2, JN_APPLICATION_DECIDED_PHASE, TLS, BY_PORT, 5);
    carried.flow.application_master = TLS;
    take(carried);
    take(guessed);
    carried.flow.application_master = 0;
    carried.flow.application_confidence = guessed.flow.application_confidence = 0;
    carried.marks = guessed.marks = JN_INTERVAL_SALVAGED;
    take(carried);
    take(guessed);
    json_t *d = summary_of_all(), *row = json_array_get(json_object_get(d, "known.flows"), 0);
    assert_int_equal(number_at(row, "packets"), 20);
    assert_string_equal(text_at(row, "detected.protocol.name"), "TLS.MQTT");
    assert_int_equal(number_at(d, "traffic.statistics/guessed.flow.protos"), jn_applications_known());
    json_decref(d);
}

// Room for every number in every VPG, and memory for those that are there.
static void
test_memory_of_sums(void **state) {
    (void)state;
    enum { VPGS = 500 };
    struct stat before, after;
    struct jn_record r = record_of(1, JN_APPLICATION_DECIDED_PHASE, TLS, BY_DPI, 1);
    take(r);
    assert_int_equal(fstat(aggregator.state.shm.fd, &before), 0);
    for (unsigned int n = 1; n < VPGS; n++) {
        snprintf(r.vpg_id, sizeof(r.vpg_id), "vpg-%u", n);
        take(r);
    }
    json_decref(summary_of_all()); // which looks at no more than that
    assert_int_equal(fstat(aggregator.state.shm.fd, &after), 0);
    print_message("%ld bytes a VPG with one application\n", (after.st_blocks - before.st_blocks) * 512L / VPGS);
    assert_true((after.st_blocks - before.st_blocks) * 512L / VPGS <= 8192 + 512);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_words_of_applications),
        TEST(test_what_ecs_has_no_field_for),
        TEST(test_each_text_in_its_field),
        TEST(test_longest_texts),
        TEST(test_a_flow_counts_for_what_it_turned_out_to_be),
        TEST(test_sums_hold_whatever_changes),
        TEST(test_known_flows),
        TEST(test_a_salvaged_record_takes_nothing_away),
        TEST(test_memory_of_sums),
    };
    protocols_init();
    return cmocka_run_group_tests_name("applications", tests, make_run_directory, remove_run_directory);
}
