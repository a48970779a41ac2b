// SPDX-License-Identifier: BSD-3-Clause
// Texts of flows, kept by flow: what is refused, what takes the place of what, which flow goes for want of room, and what an
// exporter that is killed leaves.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "annotation_check.h"
#include "export_annotations.h"
#include "test.h"

static char instance[JN_INSTANCE_MAX];
static struct annotated kept;

static void
open_kept(uint32_t capacity) {
    char err[JN_ERR_MAX];
    if (annotated_open(&kept, instance, capacity, err) < 0)
        fail_msg("%s", err);
}

static int
setup(void **state) {
    (void)state;
    random_instance(instance);
    open_kept(16);
    return 0;
}

static int
teardown(void **state) {
    (void)state;
    annotated_close(&kept, true);
    return 0;
}

static void
keep(const struct jn_record *record, enum jn_annotation_kind kind, const char *text) {
    struct jn_annotation annotation = annotation_of(record, kind, text);
    assert_null(annotation_error(&annotation));
    annotated_add(&kept, &annotation);
}

static const char *
kept_of(const struct jn_record *record, enum jn_annotation_kind kind) {
    return texts_of(annotated_of_record(&kept, record), kind);
}

static const struct text_row {
    const char *what;
    uint8_t kind;
    const char *text;
    bool sound;
} text_rows[] = {
    {"a name", JN_ANNOTATION_SERVER_NAME, "www.example.org", true},
    {"another script", JN_ANNOTATION_SERVER_NAME, "例え.example", true},
    {"quotes and backslashes", JN_ANNOTATION_USER_AGENT, "a \"b\" \\c", true},
    {"empty", JN_ANNOTATION_SERVER_NAME, "", false},
    {"a line break", JN_ANNOTATION_SERVER_NAME, "a\nb", false},
    {"half a character", JN_ANNOTATION_SERVER_NAME, "a\xe4\xbe", false},
    {"a surrogate", JN_ANNOTATION_SERVER_NAME, "\xed\xa0\x80", false},
    {"writing turned round", JN_ANNOTATION_SERVER_NAME,
     "a\xe2\x80\xae"
     "b",
     false},
    {"no kind", 0, "a", false},
    {"a kind that is unknown", 20, "a", false},
    {"the last kind", 255, "a", false},
    {"longer than its kind", JN_ANNOTATION_JA3, "0123456789abcdef0123456789abcdef0", false},
    {"an address", JN_ANNOTATION_DNS_ANSWER, "198.18.0.1", true},
    {"an IPv6 address", JN_ANNOTATION_DNS_ANSWER, "fd00::1", true},
    {"a name for an address", JN_ANNOTATION_DNS_ANSWER, "example.org", false},
    {"an address with more", JN_ANNOTATION_DNS_ANSWER, "198.18.0.1 ", false},
    {"a date", JN_ANNOTATION_CERTIFICATE_NOT_BEFORE, "2024-02-29T23:59:59Z", true},
    {"29 February of another year", JN_ANNOTATION_CERTIFICATE_NOT_BEFORE, "2023-02-29T23:59:59Z", false},
    {"month 13", JN_ANNOTATION_CERTIFICATE_NOT_AFTER, "2024-13-01T00:00:00Z", false},
    {"month 0", JN_ANNOTATION_CERTIFICATE_NOT_AFTER, "2024-00-01T00:00:00Z", false},
    {"hour 24", JN_ANNOTATION_CERTIFICATE_NOT_AFTER, "2024-12-31T24:00:00Z", false},
    {"a date in words", JN_ANNOTATION_CERTIFICATE_NOT_AFTER, "tomorrow", false},
    {"risks", JN_ANNOTATION_RISKS, "0000000000000020", true},
    {"risks of 15 digits", JN_ANNOTATION_RISKS, "000000000000020", false},
    {"risks in words", JN_ANNOTATION_RISKS, "000000000000002g", false},
};

static void
test_what_cannot_be_right_is_named(void **state) {
    (void)state;
    struct jn_record r = seen_record(0, 7, 91, 0);
    for (size_t i = 0; i < COUNT(text_rows); i++) {
        struct jn_annotation a = annotation_of(&r, text_rows[i].kind, text_rows[i].text);
        if ((annotation_error(&a) == NULL) != text_rows[i].sound)
            fail_msg("%s: %s", text_rows[i].what, text_rows[i].sound ? annotation_error(&a) : "let through");
    }
    struct jn_annotation a = annotation_of(&r, JN_ANNOTATION_SERVER_NAME, "a");
    a.worker = JN_MAX_WORKERS;
    assert_non_null(annotation_error(&a));
    a = annotation_of(&r, JN_ANNOTATION_SERVER_NAME, "a");
    a.boot = 0;
    assert_non_null(annotation_error(&a));
    assert_int_equal(annotation_risks("00000001000000a0"), UINT64_C(0x1000000a0));
}

static void
test_a_later_one_takes_the_place_of_the_one_before(void **state) {
    (void)state;
    struct jn_record r = seen_record(0, 7, 91, 0);
    assert_null(annotated_of_record(&kept, &r));
    keep(&r, JN_ANNOTATION_SERVER_NAME, "first.example.org");
    keep(&r, JN_ANNOTATION_ALPN, "h2");
    keep(&r, JN_ANNOTATION_SERVER_NAME, "b.example.org");
    assert_string_equal(kept_of(&r, JN_ANNOTATION_SERVER_NAME), "b.example.org");
    assert_string_equal(kept_of(&r, JN_ANNOTATION_ALPN), "h2");
    assert_string_equal(kept_of(&r, JN_ANNOTATION_JA3), "");
}

// They are the answers to the latest question, each once, and as many as are kept.
static void
test_answers_of_a_question(void **state) {
    (void)state;
    struct jn_record r = seen_record(0, 7, 5, 0);
    keep(&r, JN_ANNOTATION_DNS_QUESTION, "a.example.org");
    keep(&r, JN_ANNOTATION_DNS_ANSWER, "198.18.0.1");
    keep(&r, JN_ANNOTATION_DNS_ANSWER, "fd00::1");
    keep(&r, JN_ANNOTATION_DNS_ANSWER, "198.18.0.1");
    keep(&r, JN_ANNOTATION_DNS_QUESTION, "a.example.org");
    assert_string_equal(kept_of(&r, JN_ANNOTATION_DNS_ANSWER), "198.18.0.1|fd00::1");
    keep(&r, JN_ANNOTATION_DNS_QUESTION, "b.example.org");
    assert_string_equal(kept_of(&r, JN_ANNOTATION_DNS_ANSWER), "");
    for (unsigned int i = 0; i < 12; i++) {
        char address[16];
        snprintf(address, sizeof(address), "198.18.1.%u", i);
        keep(&r, JN_ANNOTATION_DNS_ANSWER, address);
    }
    assert_string_equal(kept_of(&r, JN_ANNOTATION_DNS_ANSWER),
                        "198.18.1.0|198.18.1.1|198.18.1.2|198.18.1.3|198.18.1.4|198.18.1.5|198.18.1.6|198.18.1.7");
    assert_int_equal(kept.region->forgotten, 4);
}

static void
test_texts_beyond_a_flows_room(void **state) {
    (void)state;
    static const uint8_t longest[] = {JN_ANNOTATION_SERVER_NAME, JN_ANNOTATION_HTTP_HOST, JN_ANNOTATION_DNS_QUESTION,
                                      JN_ANNOTATION_USER_AGENT};
    struct jn_record r = seen_record(0, 7, 91, 0);
    for (size_t i = 0; i < COUNT(longest); i++) {
        char text[JN_ANNOTATION_MAX + 1] = "";
        memset(text, (char)('a' + i), jn_annotation_most(longest[i]));
        keep(&r, longest[i], text);
    }
    assert_int_equal(strlen(kept_of(&r, JN_ANNOTATION_DNS_QUESTION)), 255);
    assert_string_equal(kept_of(&r, JN_ANNOTATION_USER_AGENT), "");
    assert_int_equal(kept.region->forgotten, 1);
    keep(&r, JN_ANNOTATION_DNS_QUESTION, "short.example.org"); // then there is room
    keep(&r, JN_ANNOTATION_USER_AGENT, "agent");
    assert_string_equal(kept_of(&r, JN_ANNOTATION_USER_AGENT), "agent");
}

// The same entry of the same worker, and not the same flow.
static void
test_boots_workers_and_versions_are_kept_apart(void **state) {
    (void)state;
    struct jn_record of[4];
    for (unsigned int i = 0; i < 4; i++)
        of[i] = seen_record(0, 7, 91, 0);
    of[1].boot++;
    of[2].worker = 1;
    of[3].flow.version += 2;
    keep(&of[0], JN_ANNOTATION_SERVER_NAME, "a");
    for (unsigned int i = 1; i < 4; i++)
        assert_null(annotated_of_record(&kept, &of[i]));
    keep(&of[1], JN_ANNOTATION_SERVER_NAME, "b");
    keep(&of[2], JN_ANNOTATION_SERVER_NAME, "c");
    keep(&of[3], JN_ANNOTATION_SERVER_NAME, "d");
    for (unsigned int i = 0; i < 4; i++)
        assert_string_equal(kept_of(&of[i], JN_ANNOTATION_SERVER_NAME), ((const char *[]){"a", "b", "c", "d"})[i]);
}

// Five flows of one set, of which there is room for four.
static void
test_who_goes_for_want_of_room(void **state) {
    (void)state;
    struct jn_record r[6];
    annotated_close(&kept, true);
    open_kept(JN_ANNOTATED_WAYS);
    for (uint32_t i = 0; i < 6; i++)
        r[i] = seen_record(0, i, 91, 0);
    for (uint32_t i = 0; i < 4; i++)
        keep(&r[i], JN_ANNOTATION_SERVER_NAME, "a");
    assert_non_null(annotated_of_record(&kept, &r[0])); // asked for since: 1 is the one touched longest ago
    keep(&r[4], JN_ANNOTATION_SERVER_NAME, "a");
    assert_null(annotated_of_record(&kept, &r[1]));
    assert_int_equal(kept.region->forgotten, 1);
    r[0].flow.end_reason = JN_END_IDLE; // its last record: its texts go first, and nobody misses them
    assert_non_null(annotated_of_record(&kept, &r[0]));
    keep(&r[5], JN_ANNOTATION_SERVER_NAME, "a");
    assert_null(annotated_of_record(&kept, &r[0]));
    r[0].boot++; // of another life: those of the former one go
    r[0].flow.end_reason = JN_END_ACTIVE;
    keep(&r[0], JN_ANNOTATION_SERVER_NAME, "a");
    assert_non_null(annotated_of_record(&kept, &r[0]));
    assert_int_equal(kept.region->forgotten, 1);
}

static void
test_texts_outlive_the_exporter(void **state) {
    (void)state;
    struct jn_record r = seen_record(0, 7, 91, 0);
    keep(&r, JN_ANNOTATION_SERVER_NAME, "a");
    annotated_refuse(&kept);
    annotated_close(&kept, false);
    open_kept(16);
    assert_string_equal(kept_of(&r, JN_ANNOTATION_SERVER_NAME), "a");
    assert_int_equal(kept.region->refused, 1);
    kept.region->pending = 17; // of 16: what cannot be believed is made anew
    annotated_close(&kept, false);
    open_kept(16);
    assert_null(annotated_of_record(&kept, &r));
    keep(&r, JN_ANNOTATION_SERVER_NAME, "b");
    annotated_close(&kept, false);
    open_kept(32); // another layout
    assert_null(annotated_of_record(&kept, &r));
}

// 16 MiB that nobody has touched take nothing.
static void
test_memory_is_taken_as_it_fills(void **state) {
    (void)state;
    struct stat st;
    annotated_close(&kept, true);
    open_kept(JN_ANNOTATED_FLOWS);
    for (uint32_t i = 0; i < 100; i++) {
        struct jn_record r = seen_record(0, i, 91, 0);
        assert_null(annotated_of_record(&kept, &r));
    }
    assert_int_equal(fstat(kept.shm.fd, &st), 0);
    assert_true(st.st_size > 16 << 20);
    assert_true(st.st_blocks * 512 <= 16384);
    for (uint32_t i = 0; i < 100; i++) {
        struct jn_record r = seen_record(0, i, 91, 0);
        keep(&r, JN_ANNOTATION_SERVER_NAME, "a");
    }
    assert_int_equal(fstat(kept.shm.fd, &st), 0);
    assert_true(st.st_blocks * 512 <= 16384 + 200 * 4096);
}

static void
child_to_be_stepped(void) {
    struct jn_record r = seen_record(0, 7, 91, 0);
    open_kept(16);
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    keep(&r, JN_ANNOTATION_SERVER_NAME, "newer.example.org");
    _exit(0);
}

// Let a child go `steps` instructions far, and kill it there. How far it came.
static uint64_t
kill_after(uint64_t steps) {
    int status;
    uint64_t done = 0;
    pid_t pid = fork();
    if (pid == 0)
        child_to_be_stepped();
    assert_int_equal(waitpid(pid, &status, 0), pid);
    for (; done < steps && !WIFEXITED(status); done++) {
        assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
    }
    if (WIFEXITED(status)) {
        assert_int_equal(WEXITSTATUS(status), 0);
        return done;
    }
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return done;
}

static void
test_killed_at_any_instruction(void **state) {
    (void)state;
    struct jn_record r = seen_record(0, 7, 91, 0);
    unsigned int of_old = 0, of_new = 0;
    uint64_t total = 0;
    for (unsigned int round = 0; round < 60; round++) {
        annotated_close(&kept, true);
        open_kept(16);
        keep(&r, JN_ANNOTATION_ALPN, "h2");
        keep(&r, JN_ANNOTATION_SERVER_NAME, "older.example.org");
        annotated_close(&kept, false);
        if (round == 0)
            total = kill_after(UINT64_MAX);
        else
            kill_after(total * round / 60);
        open_kept(16);
        const char *name = kept_of(&r, JN_ANNOTATION_SERVER_NAME);
        of_old += strcmp(name, "older.example.org") == 0;
        of_new += strcmp(name, "newer.example.org") == 0;
        assert_string_equal(kept_of(&r, JN_ANNOTATION_ALPN), "h2");
        assert_int_equal(annotated_of_record(&kept, &r)->edition % 2, 0);
    }
    assert_int_equal(of_old + of_new, 60);
    assert_true(of_old > 0 && of_new > 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_what_cannot_be_right_is_named),
        TEST(test_a_later_one_takes_the_place_of_the_one_before),
        TEST(test_answers_of_a_question),
        TEST(test_texts_beyond_a_flows_room),
        TEST(test_boots_workers_and_versions_are_kept_apart),
        TEST(test_who_goes_for_want_of_room),
        TEST(test_texts_outlive_the_exporter),
        TEST(test_memory_is_taken_as_it_fills),
        TEST(test_killed_at_any_instruction),
    };
    return cmocka_run_group_tests_name("texts of flows", tests, make_run_directory, remove_run_directory);
}
