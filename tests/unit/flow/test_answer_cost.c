// SPDX-License-Identifier: BSD-3-Clause
// Where an answer has many rules looked at again, a round takes fewer answers: all the same it takes one, and none is lost.
#include "flow/sampled_rig.h"

enum { FLOWS = 40, RULES_AN_ANSWER = 64, ANSWERS_A_ROUND = 16 };

// A VPG of so many rules that are looked at one by one.
static void
open_with_rules(unsigned int count) {
    char *text = malloc(128 + count * 48u), *at = text;
    at += sprintf(at, "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"],\"rules\":[");
    for (unsigned int i = 0; i < count; i++)
        at += sprintf(at, "%s{\"match\":{},\"new_flows_only\":true}", i == 0 ? "" : ",");
    sprintf(at, "]}]");
    open_with(text);
    free(text);
}

static void
answer_all(void) {
    for (uint32_t i = 0; i < FLOWS; i++) {
        struct frame_spec spec = udp;
        spec.source_port = (uint16_t)(40000 + i);
        send_frame(&spec);
    }
    for (uint32_t i = 0; i < FLOWS; i++) {
        struct jn_answer answer = rig_answer_for(&rig, i);
        answer.flags = JN_ANSWER_DECIDED;
        answer.application = 126;
        rig_answer(&classifier, &answer);
    }
}

static void
test_rules_count_as_answers(void **state) {
    static const struct {
        unsigned int rules, a_round;
    } rows[] = {{0, ANSWERS_A_ROUND},
                {RULES_AN_ANSWER - 1, ANSWERS_A_ROUND},
                {RULES_AN_ANSWER, ANSWERS_A_ROUND / 2},
                {RULES_AN_ANSWER * (ANSWERS_A_ROUND - 1), 1},
                {4096, 1}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        open_with_rules(rows[i].rules);
        answer_all();
        uint64_t before = rig.worker->counters->answers_taken;
        assert_int_equal(before, 0);
        for (uint64_t taken = 0; taken < FLOWS; before = taken) {
            rig_idle(&rig, now_ns += 1000);
            taken = rig.worker->counters->answers_taken;
            assert_int_equal(taken - before, FLOWS - before < rows[i].a_round ? FLOWS - before : rows[i].a_round);
        }
        close_rig(state);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules_count_as_answers)};
    rig_start_dpdk();
    return cmocka_run_group_tests_name("answer_cost", tests, NULL, NULL);
}
