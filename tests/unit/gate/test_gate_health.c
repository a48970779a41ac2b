// SPDX-License-Identifier: BSD-3-Clause
// Up and down by probes: how many answers it takes, how many may be lost, who is asked.
#include "gate_world.h"

static void
test_up_after_three_answers(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    assert_true(w.x.state.target == 0); // before the first tick
    w.answers[0][0] = true;
    assert_in_range(wait_for(&w, target_at(0), 1000), 200, 203); // the third is asked for after 200 ms
    assert_int_equal(w.x.state.target_changes, 2);
    assert_int_equal(w.x.state.health[0].changes, 1);
    assert_int_equal(w.x.state.health[1].state, JN_HEALTH_DOWN);
    assert_int_equal(w.x.state.moves, 0);
}

static void
test_down_after_three_lost(void **state) {
    (void)state;
    static const struct {
        uint8_t on_failure, on_standby_failure;
        bool standby_lives;
        uint64_t target;
    } rows[] = {
        {JN_FAILURE_BYPASS, JN_FAILURE_DROP, true, (uint64_t)JN_TARGET_BYPASS << 56},
        {JN_FAILURE_DROP, JN_FAILURE_BYPASS, true, (uint64_t)JN_TARGET_DROP << 56},
        {JN_FAILURE_STANDBY, JN_FAILURE_DROP, true, UINT64_C(0x010102000000000b)},
        {JN_FAILURE_STANDBY, JN_FAILURE_DROP, false, (uint64_t)JN_TARGET_DROP << 56},
        {JN_FAILURE_STANDBY, JN_FAILURE_BYPASS, false, (uint64_t)JN_TARGET_BYPASS << 56},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world w;
        begin_up(&w);
        w.x.gate.on_failure = rows[i].on_failure;
        w.x.gate.on_standby_failure = rows[i].on_standby_failure;
        w.answers[1][1] = rows[i].standby_lives;
        pass(&w, 1000);
        w.answers[0][0] = false;
        assert_in_range(wait_for(&w, rows[i].target, 500), 300, 401);
        // It is asked for by broadcast now, of the standby as well.
        memset(w.asked, 0, sizeof(w.asked));
        w.broadcasts = 0;
        pass(&w, 1000);
        assert_true(w.x.state.target == rows[i].target);
        assert_int_equal(w.asked[0][0], 10);
        assert_int_equal(w.asked[1][0], 10);
        assert_true(w.broadcasts >= 10);
        w.answers[0][0] = true;
        wait_for(&w, target_at(0), 700);
    }
}

static void
test_one_probe_has_one_answer(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    say(&w, 0, 0, false); // to no question at all
    pass(&w, 1);
    for (unsigned int i = 0; i < 10; i++)
        say(&w, 0, 0, false);
    assert_int_equal(w.x.state.health[0].answers, 1);
    assert_true(w.x.state.target == BYPASS);
}

static void
test_known_gateway_is_asked_alone(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    memset(w.asked, 0, sizeof(w.asked));
    w.broadcasts = 0;
    pass(&w, 10000);
    assert_int_equal(w.broadcasts, 0);
    assert_int_equal(w.asked[0][0], 100);
    assert_int_equal(w.asked[1][0], 0);
    assert_int_equal(w.asked[1][1], 100);
}

static void
test_one_lost_in_two_does_no_harm(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    for (unsigned int i = 0; i < 40; i++) {
        w.answers[0][0] = i % 3 == 2;
        pass(&w, 100);
        assert_true(w.x.state.target == target_at(0));
    }
}

// That it can be heard does not tell that it hears: nothing but answers keep it up.
static void
test_questions_are_no_answers(void **state) {
    (void)state;
    unsigned int up_ms = 0;
    struct world w;
    begin_up(&w);
    w.answers[0][0] = false;
    for (unsigned int ms = 0; ms < 30000; ms++) {
        if (ms % 250 == 0)
            assert_int_equal(ask(&w, 0), JN_GATE_DROP_COUNT);
        pass(&w, 1);
        up_ms += w.x.state.target == target_at(0);
    }
    assert_in_range(up_ms, 300, 1000); // until it fell, and once more because it had come back, as it said
    assert_true(w.x.state.target == target_at(1));
    w.answers[0][0] = true;
    wait_for(&w, target_at(0), 1000);
}

// Up for a moment, down, again and again: 3, 6, 12, 24, 48, 50 answers; after 30 s up all is forgiven.
static void
test_flapping_needs_more_answers(void **state) {
    (void)state;
    static const uint32_t needed[] = {3, 6, 12, 24, 48, 50, 50};
    struct world w;
    begin(&w);
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        w.answers[0][0] = true;
        assert_in_range(wait_for(&w, target_at(0), 6000), (needed[i] - 1) * 100, needed[i] * 100 + 110);
        assert_int_equal(w.x.state.health[0].needed, needed[i]);
        w.answers[0][0] = false;
        wait_for(&w, BYPASS, 500);
    }
    w.answers[0][0] = true;
    wait_for(&w, target_at(0), 6000);
    pass(&w, 29000);
    assert_int_equal(w.x.state.health[0].needed, 50);
    pass(&w, 2000);
    assert_int_equal(w.x.state.health[0].needed, 3);
}

static void
test_gateway_by_ipv6(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    w.x.gate.gateway_family = 6;
    gate_fixture_open(&w.x);
    struct jn_gate_send send = {.frame = w.room, .room = sizeof(w.room)};
    assert_true(jn_gate_run_timers(&w.x.engine, NOW, &send));
    assert_int_equal(send.length, 86);
    assert_int_equal(send.peer_bits, 3);
    assert_memory_equal(send.frame, "\x33\x33\xff\0\0\2", 6);
    assert_memory_equal(send.frame + 62, fixture_peers[0].inner[1], 16);
}

// Time that goes backwards stops nothing.
static void
test_clock_set_back(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    w.now_ns -= 3600 * FIXTURE_SECOND;
    pass(&w, 2000);
    assert_true(w.x.state.target == target_at(0));
    w.answers[0][0] = false;
    wait_for(&w, target_at(1), 500);
}

static void
test_nothing_due_costs_nothing(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    pass(&w, 50);
    uint64_t due = w.x.state.due_ns;
    struct jn_gate_send send = {.frame = w.room, .room = sizeof(w.room)};
    assert_true(due > w.now_ns && due <= w.now_ns + 100 * MS);
    assert_false(jn_gate_is_due(&w.x.engine, due - 1));
    assert_false(jn_gate_run_timers(&w.x.engine, due - 1, &send));
    assert_true(w.x.state.due_ns == due);
    assert_true(jn_gate_run_timers(&w.x.engine, due, &send));
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_up_after_three_answers),
        cmocka_unit_test(test_down_after_three_lost),
        cmocka_unit_test(test_one_probe_has_one_answer),
        cmocka_unit_test(test_known_gateway_is_asked_alone),
        cmocka_unit_test(test_one_lost_in_two_does_no_harm),
        cmocka_unit_test(test_questions_are_no_answers),
        cmocka_unit_test(test_flapping_needs_more_answers),
        cmocka_unit_test(test_gateway_by_ipv6),
        cmocka_unit_test(test_clock_set_back),
        cmocka_unit_test(test_nothing_due_costs_nothing),
    };
    return cmocka_run_group_tests_name("gate_health", tests, NULL, NULL);
}
