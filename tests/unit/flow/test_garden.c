// SPDX-License-Identifier: BSD-3-Clause
// A private garden, from packets and answers to what passes: only named applications and servers do, and flows as long as their
// application is looked for.
#include "applications/applications.h"
#include "flow/answer.h"
#include "rig/frame.h"
#include "rig/rig_classifier.h"
#include "test.h"

#define T0     (UINT64_C(1767322800) * 1000000000)
#define SECOND UINT64_C(1000000000)
#define GARDEN(more)                                                                                                   \
    "[{\"id\":\"v\"," more "\"rules\":[{\"match\":{\"risk\":\"Malformed "                                              \
    "Packet\"},\"drop\":true},{\"match\":{\"application\":\"undecided\"},\"inspect\":true},"                           \
    "{\"match\":{\"application\":[\"DNS\",\"NTP\"]},\"inspect\":true},"                                                \
    "{\"match\":{\"server_name\":\"*.example.org\"},\"inspect\":true},{\"match\":{},\"drop\":true}]}]"

static struct rig rig;
static struct rig_classifier classifier;
static uint64_t now_ns;

static void
open_garden(const char *vpgs) {
    rig_open(&rig, vpgs, 60);
    rig_classifier_open(&classifier, &rig, 64);
    rig_classifier_comes(&classifier);
    rig_idle(&rig, now_ns = T0);
}

static void
close_garden(void) {
    rig_classifier_close(&classifier);
    rig_close(&rig);
}

// Does it pass?
static bool
passes(void) {
    static const struct frame_spec spec = {.source = 0x0a800001,
                                           .destination = 0xc6120001,
                                           .protocol = JN_IP_UDP,
                                           .source_port = 40000,
                                           .destination_port = 443,
                                           .payload = 40};
    uint8_t frame[256];
    unsigned int before = rig.sent_count;
    rig_frame(&rig, frame, frame_build(&spec, frame), 0, false, now_ns += 1000);
    return rig.sent_count != before;
}

static void
answer(const char *application, const char *name, const char *risk) {
    int number = jn_risk_find(risk);
    struct jn_answer made = rig_answer_for(&rig, 0);
    made.flags = JN_ANSWER_DECIDED | JN_ANSWER_LAST;
    made.application = (uint16_t)jn_application_find(application);
    made.name_length = (uint8_t)strlen(name);
    memcpy(made.name, name, made.name_length);
    made.risks = number < 0 ? 0 : UINT64_C(1) << number;
    rig_answer(&classifier, &made);
    rig_idle(&rig, now_ns += 1000);
}

static bool
has_changed(void) {
    return rig.worker->flow->table.entries[0].flags & JN_FLOW_VERDICT_CHANGED;
}

static void
test_what_passes(void **state) {
    (void)state;
    static const struct {
        const char *application, *name;
        bool passes;
        const char *risk;
    } rows[] = {
        {"DNS", "", true, ""},
        {"DNS", "", true, "Large DNS Packet (512+ bytes)"},
        {"DNS", "", false, "Malformed Packet"},
        {"NTP", "", true, ""},
        {"TLS", "", false, ""},
        {"TLS", "www.example.org", true, ""},
        {"TLS", "example.org", false, ""},
        {"TLS", "www.example.org.evil.example", false, ""},
        {"BitTorrent", "", false, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        open_garden(GARDEN(""));
        assert_true(passes());
        answer(rows[i].application, rows[i].name, rows[i].risk);
        if (passes() != rows[i].passes || has_changed() == rows[i].passes)
            fail_msg("%s %s", rows[i].application, rows[i].name);
        close_garden();
    }
}

static void
test_undecided_have_their_time(void **state) {
    (void)state;
    open_garden(GARDEN(""));
    for (unsigned int i = 0; i < JN_SAMPLES_A_FLOW; i++)
        assert_true(passes());
    assert_false(passes());
    answer("DNS", "", ""); // late, and not too late
    assert_true(passes());
    close_garden();
    open_garden(GARDEN(""));
    assert_true(passes());
    now_ns += 10 * SECOND;
    assert_false(passes());
    close_garden();
}

static void
test_without_a_classifier(void **state) {
    (void)state;
    static const struct {
        const char *vpgs;
        bool passes;
    } rows[] = {{GARDEN(""), true}, {GARDEN("\"classifier_down\":\"drop\","), false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        open_garden(rows[i].vpgs);
        rig_classifier_goes(&classifier);
        for (unsigned int n = 0; n < 2 * JN_SAMPLES_A_FLOW; n++)
            assert_int_equal(passes(), rows[i].passes);
        rig_classifier_comes(&classifier);
        assert_true(passes()); // as undecided
        answer("DNS", "", "");
        assert_true(passes());
        rig_classifier_goes(&classifier);
        assert_true(passes()); // what is known stays known
        close_garden();
    }
}

// Its search is over: no sample of it comes that could shut the gate again.
static void
test_unknown_for_good(void **state) {
    (void)state;
    open_garden(GARDEN(""));
    assert_true(passes());
    struct jn_answer unknown = rig_answer_for(&rig, 0);
    unknown.flags = JN_ANSWER_LAST;
    rig_answer(&classifier, &unknown);
    assert_false(passes());
    rig_classifier_goes(&classifier);
    assert_false(passes());
    rig_policy(&rig, GARDEN(""), 60);
    assert_false(passes());
    rig_classifier_comes(&classifier);
    assert_false(passes());
    close_garden();
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_passes),
        cmocka_unit_test(test_undecided_have_their_time),
        cmocka_unit_test(test_without_a_classifier),
        cmocka_unit_test(test_unknown_for_good),
    };
    if (jn_application_find("BitTorrent") < 0)
        return 0; // built without nDPI: no rule can name it
    rig_start_dpdk();
    return cmocka_run_group_tests_name("garden", tests, NULL, NULL);
}
