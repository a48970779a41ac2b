// SPDX-License-Identifier: BSD-3-Clause
// What junctionctl shows of applications and names, from regions that only look like the others', and may lie.
#define _GNU_SOURCE
#include "control_names.h"
#include "test.h"

enum { UNKNOWN = 0, DNS = 5, HTTP = 7, TLS = 91, NO_SUCH = 700 };

#define PHASE(name) JN_APPLICATION_##name##_PHASE
static const struct names_flow flows_of_all_kinds[] = {
    {TLS, PHASE(DECIDED), 50},    {TLS, PHASE(UNDECIDED), 20}, {TLS, PHASE(UNKNOWN), 7},
    {TLS, PHASE(NONE), 3},        {DNS, PHASE(DECIDED), 4},    {HTTP, PHASE(NONE), 5},
    {UNKNOWN, PHASE(UNKNOWN), 2}, {UNKNOWN, PHASE(NONE), 1},   {UNKNOWN, PHASE(UNDECIDED), 6},
    {NO_SUCH, PHASE(NONE), 1},
};

struct rig {
    struct fake fake;
    struct jn_shm flows, samples, classified, annotated;
};

static void
rig_start(struct rig *rig) {
    fake_start(&rig->fake, 2);
    make_named_flows(&rig->flows, flows_of_all_kinds, COUNT(flows_of_all_kinds));
    make_samples(&rig->samples);
    make_classified(&rig->classified);
    make_annotated(&rig->annotated);
}

static void
rig_stop(struct rig *rig) {
    jn_shm_remove(&rig->annotated);
    jn_shm_remove(&rig->classified);
    jn_shm_remove(&rig->samples);
    jn_shm_remove(&rig->flows);
    fake_stop(&rig->fake);
}

static json_int_t
number_of(const json_t *object, const char *key) {
    return json_integer_value(json_object_get(object, key));
}

static const char *
text_of(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

static const struct counts {
    const char *application, *breed;
    json_int_t number, flows, packets, decided, guessed, unknown, undecided;
} expected_counts[] = {
    {"TLS", "Safe", TLS, 4, 80, 1, 2, 0, 1},
    {"Unknown", "Unrated", UNKNOWN, 4, 10, 0, 0, 3, 1},
    {"HTTP", "Acceptable", HTTP, 1, 5, 0, 1, 0, 0},
    {"DNS", "Acceptable", DNS, 1, 4, 1, 0, 0, 0},
    {NULL, NULL, 0, 10, 99, 2, 3, 3, 2},
};

static void
expect_counts(const json_t *row, const struct counts *expected) {
    assert_int_equal(number_of(row, "flows"), expected->flows);
    assert_int_equal(number_of(row, "packets"), expected->packets);
    assert_int_equal(number_of(row, "bytes"), 100 * expected->packets);
    assert_int_equal(number_of(row, "decided"), expected->decided);
    assert_int_equal(number_of(row, "guessed"), expected->guessed);
    assert_int_equal(number_of(row, "unknown"), expected->unknown);
    assert_int_equal(number_of(row, "undecided"), expected->undecided);
    if (expected->application == NULL)
        return;
    assert_string_equal(text_of(row, "application"), expected->application);
    assert_string_equal(text_of(row, "breed"), expected->breed);
    assert_int_equal(number_of(row, "number"), expected->number);
}

static void
test_applications_are_counted(void **state) {
    (void)state;
    struct rig rig;
    rig_start(&rig);
    json_t *answer = run_json("applications", "applications"), *rows = json_object_get(answer, "applications");
    assert_int_equal(json_array_size(rows), COUNT(expected_counts) - 1);
    for (size_t i = 0; i < COUNT(expected_counts); i++) {
        const json_t *row = json_array_get(rows, i);
        expect_counts(row != NULL ? row : json_object_get(answer, "total"), &expected_counts[i]);
    }
    json_decref(answer);
    assert_int_equal(RUN("show", "applications"), 0);
    assert_non_null(strstr(output, "TLS"));
    assert_non_null(strstr(output, "samples_skipped"));
    assert_int_equal(RUN("show", "applications", "--vpg", "nobody"), 0);
    assert_null(strstr(output, "TLS"));
    rig_stop(&rig);
    assert_int_equal(RUN("show", "applications"), 1); // no dataplane
}

static json_t *
classifier(const char *state) {
    json_t *answer = run_json("applications", "applications"), *object = json_object_get(answer, "classifier");
    assert_string_equal(text_of(object, "state"), state);
    json_incref(object);
    json_decref(answer);
    return object;
}

static void
test_the_classifier_is_shown(void **state) {
    (void)state;
    struct rig rig;
    rig_start(&rig);
    struct jn_samples_region *samples = rig.samples.base;
    struct jn_classified_region *classified = rig.classified.base;
    classified->counters[0].samples = 40;
    classified->counters[1].samples = 2;
    classified->counters[1].annotations_lost = 3;
    classified->counters[0].flows_held = 5;
    classified->counters[1].flows_held = 6;
    classified->counters[2].samples = 1000; // of no thread
    classified->rings[1].lost = 7;
    samples->rings[0].skipped = 8;
    samples->rings[1].skipped = 1;
    for (unsigned int w = 0; w < 2; w++) {
        samples->rings[w].head = 50;
        classified->rings[w].samples_tail = 39;
    }
    classified->rings[0].samples_boot = samples->header.boot;
    classified->rings[1].samples_boot = samples->header.boot + 1; // of another samples region
    json_t *object = classifier("running");
    assert_int_equal(number_of(object, "samples"), 42);
    assert_int_equal(number_of(object, "annotations_lost"), 3);
    assert_int_equal(number_of(object, "flows_held"), 11);
    assert_int_equal(number_of(object, "samples_skipped"), 9);
    assert_int_equal(number_of(object, "samples_waiting"), 11);
    assert_int_equal(number_of(object, "answers_lost"), 7);
    assert_int_equal(number_of(object, "threads"), 2);
    json_decref(object);
    classified->rings[0].samples_tail = 51; // ahead of the samples
    object = classifier("running");
    assert_int_equal(number_of(object, "samples_waiting"), 0);
    json_decref(object);
    jn_shm_detach(&rig.classified); // its life ends, the region stays
    object = classifier("away");
    assert_string_equal(text_of(object, "detail"), "killed: its region is still there");
    json_decref(object);
    make_classified(&rig.classified);
    ((struct jn_classified_region *)rig.classified.base)->thread_count = JN_CLASSIFY_THREADS + 1;
    object = classifier("away");
    assert_non_null(strstr(text_of(object, "detail"), "classified region"));
    json_decref(object);
    jn_shm_remove(&rig.classified);
    object = classifier("away");
    assert_string_equal(text_of(object, "detail"), "not running");
    json_decref(object);
    jn_shm_remove(&rig.samples);
    json_decref(classifier("off"));
    make_samples(&rig.samples);
    make_classified(&rig.classified);
    rig_stop(&rig);
}

static void
test_flows_are_chosen_by_application(void **state) {
    (void)state;
    static const struct {
        const char *name;
        json_int_t matching;
    } rows[] = {{"TLS", 4}, {"tls", 4}, {"dns", 1}, {"Unknown", 4}, {"SSH", 0}};
    struct rig rig;
    rig_start(&rig);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(RUN("show", "flows", "--application", rows[i].name, "--json"), 0);
        json_t *answer = json_loads(output, 0, NULL);
        assert_int_equal(number_of(answer, "matching"), rows[i].matching);
        assert_int_equal(json_array_size(json_object_get(answer, "flows")), rows[i].matching);
        json_decref(answer);
    }
    assert_int_equal(RUN("show", "flows", "--application", "TLSS"), 2);
    assert_int_equal(RUN("show", "flows", "--application"), 2);
    assert_int_equal(RUN("show", "applications", "--application", "TLS"), 2);
    const char *const words[] = {"--instance", instance, "show", "flows", "--application", "tlss", NULL};
    struct child child = start_program("junctionctl", words, STDERR_FILENO);
    expect_line(&child, "there is no tlss; the nearest: TLS, ");
    assert_int_equal(end_child(&child, 0), 2);
    rig_stop(&rig);
}

static json_t *
flow_at(const json_t *answer, json_int_t port) {
    json_t *flow;
    size_t i;
    json_array_foreach(json_object_get(answer, "flows"), i, flow) {
        if (number_of(flow, "remote_port") == port)
            return flow;
    }
    fail_msg("no flow of port %lld", (long long)port);
    return NULL;
}

static const struct {
    const char *application, *known;
} expected_flows[] = {
    {"TLS", "decided"},  {"TLS", "undecided"}, {"TLS", "guessed"}, {"TLS", "guessed"},  {"DNS", "decided"},
    {"HTTP", "guessed"}, {NULL, "unknown"},    {NULL, "unknown"},  {NULL, "undecided"}, {NULL, "unknown"},
};

static void
test_flows_have_applications_and_names(void **state) {
    (void)state;
    struct rig rig;
    char longest[JN_ANNOTATION_MAX + 1];
    memset(longest, 'a', sizeof(longest));
    memcpy(longest + JN_ANNOTATION_MAX - 12, ".example.org", 12);
    rig_start(&rig);
    annotate(annotated_of(&rig.annotated, &rig.flows, 0, 3), JN_ANNOTATION_ALPN, "h2", 2);
    annotate(annotated_of(&rig.annotated, &rig.flows, 0, 3), JN_ANNOTATION_SERVER_NAME, "www.example.org", 15);
    annotate(annotated_of(&rig.annotated, &rig.flows, 4, 0), JN_ANNOTATION_DNS_QUESTION, longest, JN_ANNOTATION_MAX);
    annotate(annotated_of(&rig.annotated, &rig.flows, 5, 1), JN_ANNOTATION_HTTP_HOST,
             "b\xc3\xbc"
             "cher.example",
             15);
    json_t *answer = run_json("flows", "flows");
    for (size_t i = 0; i < COUNT(expected_flows); i++) {
        const json_t *flow = flow_at(answer, 40000 + (json_int_t)i);
        const char *application = text_of(flow, "application");
        assert_string_equal(application != NULL ? application : "",
                            expected_flows[i].application != NULL ? expected_flows[i].application : "");
        assert_string_equal(text_of(flow, "application_known"), expected_flows[i].known);
    }
    assert_string_equal(text_of(flow_at(answer, 40000), "server_name"), "www.example.org");
    assert_true(json_is_null(json_object_get(flow_at(answer, 40000), "http_host")));
    assert_int_equal(strlen(text_of(flow_at(answer, 40004), "dns_question")), JN_ANNOTATION_MAX);
    assert_string_equal(text_of(flow_at(answer, 40005), "http_host"), "b\xc3\xbc"
                                                                      "cher.example");
    assert_true(json_is_null(json_object_get(flow_at(answer, 40001), "server_name")));
    json_decref(answer);
    assert_int_equal(RUN("show", "flows"), 0);
    assert_non_null(strstr(output, "  TLS          "));
    assert_non_null(strstr(output, "  TLS?  "));
    assert_non_null(strstr(output, "  www.example.org  "));
    assert_non_null(strstr(output, "  b??cher.example  "));
    assert_non_null(strstr(output, "  ...aaaa"));
    jn_shm_remove(&rig.annotated); // the exporter has not run yet
    answer = run_json("flows", "flows");
    assert_true(json_is_null(json_object_get(flow_at(answer, 40000), "server_name")));
    json_decref(answer);
    make_annotated(&rig.annotated);
    rig_stop(&rig);
}

// Nothing steers a terminal, and what is called JSON is JSON. Of a table everything is ASCII.
static void
expect_harmless(bool json) {
    for (const unsigned char *c = (const unsigned char *)output; *c != '\0'; c++) {
        bool bad = (*c < ' ' && *c != '\n') || *c == 0x7f || (!json && *c > 0x7f);
        bad |= *c == 0xc2 && c[1] < 0xa0;                                    // C1
        bad |= *c == 0xd8 && c[1] == 0x9c;                                   // U+061C
        bad |= *c == 0xe2 && c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f); // U+200E, U+200F
        bad |= *c == 0xe2 && c[1] == 0x80 && c[2] >= 0xaa && c[2] <= 0xae;   // U+202A to U+202E
        bad |= *c == 0xe2 && c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9;   // U+2066 to U+2069
        if (bad)
            fail_msg("byte 0x%02x in: %.200s", *c, (const char *)c > output + 100 ? (const char *)c - 100 : output);
    }
}

static void
expect_harmless_survival(const char *subject) {
    int status = RUN("show", subject, "--json");
    assert_in_range(status, 0, 1);
    expect_harmless(true);
    json_t *answer = json_loads(output, 0, NULL);
    assert_true(status == 1 || answer != NULL);
    json_decref(answer);
    assert_in_range(RUN("show", subject), 0, 1);
    expect_harmless(false);
}

#define TEXT(text) text, sizeof(text) - 1
static const struct {
    const char *what, *text;
    size_t length;
    uint16_t said; // length of the texts, as the region says; 0: as it is
} hostile_names[] = {
    {"a terminal's escape", TEXT("a\x1b[2Jb"), 0},
    {"the end of a line", TEXT("a\nvpg-one  forward"), 0},
    {"a zero", TEXT("a\0b"), 0},
    {"delete", TEXT("a\x7f"), 0},
    {"C1",
     TEXT("a\xc2\x9b"
          "2J"),
     0},
    {"right to left override",
     TEXT("a\xe2\x80\xae"
          "gro.elpmaxe"),
     0},
    {"isolate", TEXT("a\xe2\x81\xa6"), 0},
    {"Arabic letter mark", TEXT("a\xd8\x9c"), 0},
    {"no UTF-8", TEXT("a\xff"), 0},
    {"overlong", TEXT("a\xc0\xaf"), 0},
    {"a surrogate", TEXT("\xed\xa0\x80"), 0},
    {"half a character", TEXT("a\xe2\x80"), 0},
    {"nothing", TEXT(""), 0},
    {"texts longer than there is room for", TEXT("www.example.org"), 0xffff},
    {"a text longer than the texts", TEXT("www.example.org"), 4},
    {"a kind without a length", TEXT("www.example.org"), 1},
};

static void
test_hostile_names_are_not_shown(void **state) {
    (void)state;
    struct rig rig;
    rig_start(&rig);
    for (size_t i = 0; i < COUNT(hostile_names); i++) {
        struct jn_annotated_flow *kept = annotated_of(&rig.annotated, &rig.flows, 0, 0);
        kept->length = 0;
        memset(kept->texts, 0xff, sizeof(kept->texts));
        annotate(kept, JN_ANNOTATION_SERVER_NAME, hostile_names[i].text, hostile_names[i].length);
        kept->length = hostile_names[i].said != 0 ? hostile_names[i].said : kept->length;
        print_message("%s\n", hostile_names[i].what);
        expect_harmless_survival("flows");
        json_t *answer = run_json("flows", "flows");
        bool sound = hostile_names[i].said == 0xffff; // what is there can be read
        assert_int_equal(json_is_string(json_object_get(flow_at(answer, 40000), "server_name")), sound);
        json_decref(answer);
    }
    rig_stop(&rig);
}

// Of one flow's texts, what must be right for them to be shown as its own.
static void
test_names_are_of_the_flow_itself(void **state) {
    (void)state;
    struct rig rig;
    rig_start(&rig);
    struct jn_annotated_flow *kept = annotated_of(&rig.annotated, &rig.flows, 0, 0), sound;
    annotate(kept, JN_ANNOTATION_SERVER_NAME, "www.example.org", 15);
    sound = *kept;
    for (int what = 0; what < 6; what++) {
        *kept = sound;
        kept->boot += what == 1;
        kept->worker ^= what == 2;
        kept->flow.version += 2 * (what == 3);
        kept->flow.flow_idx += what == 4;
        kept->edition += what == 5; // being written
        assert_int_equal(RUN("show", "flows"), 0);
        assert_int_equal(strstr(output, "www.example.org") != NULL, what == 0);
    }
    *kept = sound;
    struct jn_annotated_region *region = rig.annotated.base;
    memset(region->used, 0, sizeof(region->used)); // a set without memory, which is not looked at
    assert_int_equal(RUN("show", "flows"), 0);
    assert_null(strstr(output, "www.example.org"));
    rig_stop(&rig);
}

static void
scramble(const struct jn_shm *shm, unsigned int *seed) {
    for (size_t i = sizeof(struct jn_region_header); i < shm->size; i++)
        ((uint8_t *)shm->base)[i] = (uint8_t)rand_r(seed);
}

static void
test_hostile_regions_are_survived(void **state) {
    (void)state;
    static const uint32_t capacities[] = {0, 1, 3, NAMES_CAPACITY, NAMES_CAPACITY * 2, UINT32_C(1) << 31, UINT32_MAX};
    struct rig rig;
    unsigned int seed = 7;
    rig_start(&rig);
    struct jn_samples_region *samples = rig.samples.base;
    struct jn_classified_region *classified = rig.classified.base;
    for (size_t i = 0; i < COUNT(capacities); i++) {
        scramble(&rig.annotated, &seed);
        ((struct jn_annotated_region *)rig.annotated.base)->capacity = capacities[i];
        for (unsigned int flow = 0; flow < COUNT(flows_of_all_kinds); flow++)
            annotated_of(&rig.annotated, &rig.flows, flow, 0)->edition &= ~1u;
        scramble(&rig.samples, &seed);
        scramble(&rig.classified, &seed);
        if (i % 2 == 0) { // else even the counts are random
            jn_samples_init(samples, 2, NAMES_RING);
            jn_classified_init(classified, 2, 2);
            samples->records_boot = NAMES_BOOT;
        }
        expect_harmless_survival("flows");
        expect_harmless_survival("applications");
    }
    assert_int_equal(ftruncate(rig.annotated.fd, 4096), 0);
    assert_int_equal(ftruncate(rig.samples.fd, 4096), 0);
    assert_int_equal(ftruncate(rig.classified.fd, 0), 0);
    expect_harmless_survival("flows");
    expect_harmless_survival("applications");
    rig_stop(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_applications_are_counted),
        cmocka_unit_test(test_the_classifier_is_shown),
        cmocka_unit_test(test_flows_are_chosen_by_application),
        cmocka_unit_test(test_flows_have_applications_and_names),
        cmocka_unit_test(test_hostile_names_are_not_shown),
        cmocka_unit_test(test_names_are_of_the_flow_itself),
        cmocka_unit_test(test_hostile_regions_are_survived),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
