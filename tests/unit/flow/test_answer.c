// SPDX-License-Identifier: BSD-3-Clause
// What a classifier answers, also one that was taken over: what cannot be is refused by its reason, what is late has no effect;
// the rest goes into the flow's entry, its records and its verdict.
#include "flow/answer.h"

#include "flow/sampled_rig.h"

enum { TLS = 91, GOOGLE = 126 };

static void
next_round(void) {
    rig_idle(&rig, now_ns += 1000);
}

static int
open_rig(void **state) {
    (void)state;
    open_with(VPG);
    rig.rules->has_application_rules[0] = rig.rules->has_server_names[0] = true;
    send_frame(&udp);
    return 0;
}

static struct jn_flow_entry *
entry_of(uint32_t flow_idx) {
    return &rig.worker->flow->table.entries[flow_idx];
}

static enum jn_application_phase
phase_of(uint32_t flow_idx) {
    return jn_application_phase(entry_of(flow_idx)->flags);
}

static struct jn_answer
decided(void) {
    struct jn_answer answer = rig_answer_for(&rig, 0);
    answer.flags = JN_ANSWER_DECIDED;
    answer.application = GOOGLE;
    answer.master = TLS;
    answer.category = 5;
    answer.confidence = 6;
    answer.risks = 0x100000001;
    return answer;
}

static void
give(const struct jn_answer *answer) {
    rig_answer(&classifier, answer);
    next_round();
}

static const struct jn_record *
flow_record(void) {
    const struct jn_record *record;
    while ((record = rig_record(&rig)) != NULL && record->type != JN_RECORD_FLOW)
        continue;
    assert_non_null(record);
    return record;
}

static void
test_into_entry_and_record(void **state) {
    (void)state;
    struct jn_answer answer = decided();
    give(&answer);
    assert_int_equal(entry_of(0)->application, GOOGLE);
    assert_int_equal(phase_of(0), JN_APPLICATION_DECIDED_PHASE);
    assert_int_equal(rig.worker->counters->answers_taken, 1);
    assert_int_equal(classifier.samples->rings[0].answers_tail, 1);
    assert_int_equal(classifier.samples->rings[0].answers_boot, 1001);
    uint32_t version = entry_of(0)->version;
    rig_finish(&rig);
    const struct jn_record *record = flow_record();
    assert_int_equal(record->flow.application, GOOGLE);
    assert_int_equal(record->flow.application_master, TLS);
    assert_int_equal(record->flow.application_category, 5);
    assert_int_equal(record->flow.application_confidence, 6);
    assert_int_equal(record->flow.flow_idx, 0);
    assert_int_equal(record->flow.version, version);
    assert_int_equal(jn_application_phase(record->flow.flags), JN_APPLICATION_DECIDED_PHASE);
}

static void
test_rules_learn_all(void **state) {
    (void)state;
    struct jn_answer answer = decided();
    answer.name_length = 11;
    memcpy(answer.name, "example.org", 11);
    give(&answer);
    assert_int_equal(asked.phase, JN_APPLICATION_DECIDED_PHASE);
    assert_int_equal(asked.application, GOOGLE);
    assert_int_equal(asked.master, TLS);
    assert_int_equal(asked.category, 5);
    assert_int_equal(asked.risks, 0x100000001);
    assert_true(asked.classifier);
    assert_false(asked.fresh);
    assert_string_equal(asked_name, "example.org");
    // A later policy is told the same, from memory.
    rig_policy(&rig, VPG, 60);
    memset(&asked, 0, sizeof(asked));
    send_frame(&udp);
    assert_int_equal(asked.application, GOOGLE);
    assert_string_equal(asked_name, "example.org");
}

// A guess is one, whoever asks, until the search has ended.
static void
test_guesses(void **state) {
    (void)state;
    struct jn_answer guess = decided();
    unsigned int times = times_asked;
    guess.flags = 0;
    give(&guess);
    assert_int_equal(entry_of(0)->application, GOOGLE);
    assert_int_equal(phase_of(0), JN_APPLICATION_UNDECIDED_PHASE);
    assert_int_equal(times_asked, times);
    send_frame(&udp);
    guess.flags = JN_ANSWER_LAST;
    give(&guess);
    assert_int_equal(phase_of(0), JN_APPLICATION_UNKNOWN_PHASE);
    assert_int_equal(times_asked, times + 1);
    assert_int_equal(asked.phase, JN_APPLICATION_UNKNOWN_PHASE);
    assert_int_equal(asked.application, 0);
    assert_int_equal(entry_of(0)->flags & JN_FLOW_SAMPLED, 0);
}

// What was seen stays, whatever is guessed later; after the last answer nothing is taken.
static void
test_the_last_answer(void **state) {
    (void)state;
    struct jn_answer answer = decided(), other = decided();
    send_frame(&udp);
    send_frame(&udp);
    give(&answer);
    other.flags = 0;
    other.application = 7;
    give(&other);
    assert_int_equal(entry_of(0)->application, GOOGLE);
    answer.flags |= JN_ANSWER_LAST;
    give(&answer);
    assert_int_equal(entry_of(0)->flags & JN_FLOW_SAMPLED, 0);
    other.flags = JN_ANSWER_DECIDED;
    give(&other);
    assert_int_equal(entry_of(0)->application, GOOGLE);
    assert_int_equal(rig.worker->counters->answers_late, 1);
}

static uint16_t
google_drops(const struct jn_application_known *known) {
    return (uint16_t)(JN_VERDICT_INSPECT | (known->application == GOOGLE ? JN_VERDICT_DROP : 0));
}

static void
test_verdict_changes(void **state) {
    (void)state;
    struct jn_answer answer = decided();
    verdict_by = google_drops;
    send_frame(&udp);
    give(&answer);
    assert_int_equal(entry_of(0)->verdict, JN_VERDICT_INSPECT | JN_VERDICT_DROP);
    assert_int_not_equal(entry_of(0)->flags & JN_FLOW_VERDICT_CHANGED, 0);
    const struct jn_record *record = flow_record();
    assert_int_equal(record->flow.verdict, JN_VERDICT_INSPECT);
    assert_int_equal(record->flow.packets[0] + record->flow.packets[1], 2);
    assert_int_equal(record->flow.end_reason, JN_END_ACTIVE);
    unsigned int sent = rig.sent_count;
    now_ns += 5 * SECOND;
    send_frame(&udp);
    assert_int_equal(rig.sent_count, sent);
    assert_int_equal(jn_flow_delta_start(entry_of(0)), now_ns);
    rig_finish(&rig);
    record = flow_record();
    assert_int_equal(record->flow.verdict, JN_VERDICT_INSPECT | JN_VERDICT_DROP);
    assert_int_not_equal(record->flow.flags & JN_FLOW_VERDICT_CHANGED, 0);
    assert_int_equal(record->flow.packets[0] + record->flow.packets[1], 1);
}

// The flow's next packet is judged by the new policy with what is known.
static void
test_answer_between_policy_and_packet(void **state) {
    (void)state;
    struct jn_answer answer = decided();
    rig_policy(&rig, VPG, 60);
    rig.rules->has_application_rules[0] = true;
    unsigned int times = times_asked;
    give(&answer);
    assert_int_equal(times_asked, times);
    send_frame(&udp);
    assert_int_equal(times_asked, times + 1);
    assert_int_equal(asked.application, GOOGLE);
}

static uint64_t
counted(enum jn_exception exception) {
    return rig.worker->counters->exceptions[exception];
}

static void
test_lies(void **state) {
    (void)state;
#define LIE(member, value) offsetof(struct jn_answer, member), sizeof(((struct jn_answer *)0)->member), (value)
    static const struct {
        const char *what;
        size_t at, size;
        uint64_t value;
        int why; // enum jn_exception, -1: late
    } rows[] = {
        {"entry beyond those in use", LIE(flow.flow_idx, 1), JN_EXCEPTION_ANSWER_FLOW},
        {"entry beyond the table", LIE(flow.flow_idx, RIG_FLOWS), JN_EXCEPTION_ANSWER_FLOW},
        {"entry far away", LIE(flow.flow_idx, UINT32_MAX), JN_EXCEPTION_ANSWER_FLOW},
        {"another flow of the entry", LIE(flow.version, 4), -1},
        {"odd version", LIE(flow.version, 1), -1},
        {"another start", LIE(flow.start_ns, T0 + 5), -1},
        {"application", LIE(application, JN_APPLICATION_NUMBERS), JN_EXCEPTION_ANSWER_APPLICATION},
        {"application far away", LIE(application, UINT16_MAX), JN_EXCEPTION_ANSWER_APPLICATION},
        {"master", LIE(master, JN_APPLICATION_NUMBERS), JN_EXCEPTION_ANSWER_APPLICATION},
        {"flags", LIE(flags, 8), JN_EXCEPTION_ANSWER_FLAGS},
        {"all flags", LIE(flags, 255), JN_EXCEPTION_ANSWER_FLAGS},
        {"name of zeros", LIE(name_length, 255), JN_EXCEPTION_ANSWER_NAME},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct jn_answer answer = decided();
        memcpy((char *)&answer + rows[i].at, &rows[i].value, rows[i].size);
        uint64_t late = rig.worker->counters->answers_late, before = rows[i].why < 0 ? 0 : counted(rows[i].why);
        give(&answer);
        if (rows[i].why < 0 ? rig.worker->counters->answers_late != late + 1 : counted(rows[i].why) != before + 1)
            fail_msg("%s", rows[i].what);
    }
    assert_int_equal(rig.worker->counters->answers_taken, 0);
    assert_int_equal(entry_of(0)->application, 0);
    assert_int_equal(classifier.samples->rings[0].answers_tail, COUNT(rows));
}

static void
test_names_that_are_none(void **state) {
    (void)state;
    static const char *const texts[] = {"Example.org", "a\nb", "a\x7f", "\x01"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct jn_answer answer = decided();
        answer.name_length = (uint8_t)strlen(texts[i]);
        memcpy(answer.name, texts[i], answer.name_length);
        give(&answer);
        assert_int_equal(counted(JN_EXCEPTION_ANSWER_NAME), i + 1);
    }
}

// The longest name has room; one that was cut matches nothing, and takes the place of a whole one.
static void
test_name_that_was_cut(void **state) {
    (void)state;
    struct jn_answer answer = decided();
    send_frame(&udp);
    answer.name_length = JN_SERVER_NAME_MAX;
    memset(answer.name, 'a', JN_SERVER_NAME_MAX);
    give(&answer);
    assert_int_equal(strlen(asked_name), JN_SERVER_NAME_MAX);
    answer.flags |= JN_ANSWER_NAME_CUT;
    give(&answer);
    assert_null(asked.name);
}

static void
test_heads_that_cannot_be(void **state) {
    (void)state;
    static const uint64_t heads[] = {JN_ANSWERS + 1, UINT64_MAX, UINT64_MAX / 2};
    for (size_t i = 0; i < COUNT(heads); i++) {
        classifier.classified->rings[0].head = heads[i];
        next_round();
        next_round();
        assert_int_equal(counted(JN_EXCEPTION_CLASSIFIER_INDEX), i + 1);
        assert_int_equal(classifier.samples->rings[0].answers_tail, 0);
    }
    classifier.classified->rings[0].head = 0;
    struct jn_answer answer = decided();
    give(&answer);
    assert_int_equal(rig.worker->counters->answers_taken, 1);
}

// A flood costs a few answers a round, and a flow takes no more of them than it had samples.
static void
test_floods(void **state) {
    (void)state;
    struct jn_answer answer = decided();
    verdict_by = google_drops;
    send_frame(&udp);
    for (unsigned int i = 0; i < JN_ANSWERS; i++) {
        answer.application = i % 2 == 0 ? GOOGLE : 7;
        rig_answer(&classifier, &answer);
    }
    next_round();
    assert_int_equal(classifier.samples->rings[0].answers_tail, 16);
    for (unsigned int i = 0; i < JN_ANSWERS / 16; i++)
        next_round();
    assert_int_equal(classifier.samples->rings[0].answers_tail, JN_ANSWERS);
    assert_int_equal(rig.worker->counters->answers_taken, 2);
    assert_int_equal(counted(JN_EXCEPTION_ANSWER_UNASKED), JN_ANSWERS - 2);
}

// Of an entry that another flow has by now nothing is written into that.
static void
test_late(void **state) {
    (void)state;
    struct jn_answer answer = decided();
    struct frame_spec other = udp;
    other.source_port = 1;
    for (unsigned int i = 0; i < 20000 && !jn_flow_is_free(entry_of(0)); i++)
        rig_idle(&rig, now_ns += SECOND);
    give(&answer);
    send_frame(&other);
    assert_false(jn_flow_is_free(entry_of(0)));
    give(&answer);
    assert_int_equal(rig.worker->counters->answers_late, 2);
    assert_int_equal(entry_of(0)->application, 0);
}

static void
test_names_have_room(void **state) {
    (void)state;
    struct jn_server_names *names = rig.worker->flow->sampling.names;
    struct jn_answer answer = decided();
    names->free_head = 0; // all are taken
    answer.name_length = 5;
    memcpy(answer.name, "a.org", 5);
    give(&answer);
    assert_int_equal(rig.worker->counters->names_full, 1);
    assert_string_equal(asked_name, "a.org"); // now it counts all the same
    rig_policy(&rig, VPG, 60);
    send_frame(&udp);
    assert_null(asked.name);
}

// In a replay each sample waits for its answer, and so does a flow's end.
static bool dies;

static void
play_classifier(struct jn_worker *worker) {
    const struct jn_sample *sample = dies ? NULL : rig_sample(&classifier);
    if (dies)
        worker->flow->sampling.shared = NULL;
    if (sample == NULL)
        return;
    struct jn_answer answer = {.flow = sample->flow, .application = GOOGLE};
    answer.flags = sample->kind == JN_SAMPLE_END ? JN_ANSWER_LAST : 0;
    answer.application = sample->kind == JN_SAMPLE_END ? TLS : sample->number;
    rig_answer(&classifier, &answer);
}

static void
test_replay_waits(void **state) {
    (void)state;
    struct frame_spec without = udp;
    without.payload = 0;
    without.source_port = 1;
    while (rig_sample(&classifier) != NULL)
        continue;
    rig.worker->flow->sampling.waits = true;
    rig.worker->flow->sampling.look = play_classifier;
    send_frame(&udp);
    assert_int_equal(rig_samples(&classifier), 0);
    assert_int_equal(entry_of(0)->application, 2);
    send_frame(&without);
    rig_finish(&rig);
    for (int i = 0; i < 2; i++) { // the one without a sample, too
        const struct jn_record *record = flow_record();
        assert_int_equal(record->flow.application, TLS);
        assert_int_equal(jn_application_phase(record->flow.flags), JN_APPLICATION_UNKNOWN_PHASE);
        assert_int_not_equal(record->flow.end_reason, JN_END_ACTIVE);
    }
}

static void
test_replay_goes_on_without_it(void **state) {
    (void)state;
    while (rig_sample(&classifier) != NULL)
        continue;
    rig.worker->flow->sampling.waits = true;
    rig.worker->flow->sampling.look = play_classifier;
    dies = true;
    send_frame(&udp);
    send_frame(&udp);
    assert_int_equal(rig.worker->counters->samples_skipped, 1);
    rig_finish(&rig);
    flow_record();
    dies = false;
}

int
main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        TEST(test_into_entry_and_record),
        TEST(test_rules_learn_all),
        TEST(test_guesses),
        TEST(test_the_last_answer),
        TEST(test_verdict_changes),
        TEST(test_answer_between_policy_and_packet),
        TEST(test_lies),
        TEST(test_names_that_are_none),
        TEST(test_name_that_was_cut),
        TEST(test_heads_that_cannot_be),
        TEST(test_floods),
        TEST(test_late),
        TEST(test_names_have_room),
        TEST(test_replay_waits),
        TEST(test_replay_goes_on_without_it),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
