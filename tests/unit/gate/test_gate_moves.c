// SPDX-License-Identifier: BSD-3-Clause
// The gateway's address moves between gateway and standby: who is believed, and how often.
#include "gate_world.h"

static void
test_standby_takes_over_by_announcement(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    w.answers[0][0] = false;
    w.answers[1][0] = true;
    assert_int_equal(say(&w, 1, 0, true), JN_GATE_DROP_COUNT);
    assert_true(w.x.state.target == target_at(1)); // at once
    assert_int_equal(w.x.state.moves, 1);
    pass(&w, 5000);
    assert_true(w.x.state.target == target_at(1));
    assert_int_equal(w.x.state.health[0].changes, 1); // it never fell
    w.answers[0][0] = true;
    w.answers[1][0] = false;
    assert_int_equal(say(&w, 0, 0, true), JN_GATE_DROP_COUNT);
    assert_true(w.x.state.target == target_at(0));
    pass(&w, 5000);
    assert_true(w.x.state.target == target_at(0));
    assert_int_equal(w.x.state.target_changes, 4);
}

static void
test_announcement_brings_it_up(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    pass(&w, 15000);
    assert_true(w.x.state.target == BYPASS);
    say(&w, 0, 0, true);
    assert_true(w.x.state.target == target_at(0));
    pass(&w, 1000);
    assert_true(w.x.state.target == BYPASS); // it says so, but does not answer
    say(&w, 0, 0, true);
    assert_true(w.x.state.target == BYPASS); // and is not believed a second time
    w.answers[0][0] = true;
    assert_in_range(wait_for(&w, target_at(0), 1000), 500, 610); // but for six answers
}

// The standby has the address and says nothing: it is found by broadcast.
static void
test_silent_takeover(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    pass(&w, 10000);
    w.answers[0][0] = false;
    w.answers[1][0] = true;
    wait_for(&w, jn_target_make(JN_TARGET_PEER, 1, 0x02000000000b), 500); // by the standby's own address
    pass(&w, 1000);
    assert_int_equal(w.x.state.health[0].state, JN_HEALTH_UP);
    assert_int_equal(w.x.state.moves, 1);
    assert_true(w.x.state.target == target_at(1));
}

// Two that answer for the address: the first is believed, and nothing flaps.
static void
test_address_in_use_twice(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    w.answers[0][0] = w.answers[1][0] = true;
    pass(&w, 10000);
    assert_int_equal(w.x.state.moves, 0);
    assert_int_equal(w.x.state.target_changes, 2);
    assert_true(w.x.state.target == target_at(0));
}

static void
test_moving_to_and_fro_is_damped(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    for (unsigned int i = 0; i < 4; i++)
        assert_int_equal(say(&w, i % 2 == 0, 0, true), JN_GATE_DROP_COUNT);
    assert_true(w.x.state.target == target_at(0));
    for (unsigned int i = 0; i < 3; i++)
        assert_int_equal(say(&w, 1, 0, true), JN_GATE_DROP_NEIGHBOUR);
    assert_int_equal(say(&w, 0, 0, true), JN_GATE_DROP_COUNT); // where it is already
    assert_int_equal(w.x.state.moves, 4);
    assert_int_equal(w.x.state.moves_refused, 3);
    assert_true(w.x.state.target == target_at(0));
    pass(&w, 999);
    assert_int_equal(say(&w, 1, 0, true), JN_GATE_DROP_NEIGHBOUR);
    pass(&w, 1);
    assert_int_equal(say(&w, 1, 0, true), JN_GATE_DROP_COUNT);
    assert_true(w.x.state.target == target_at(1));
}

static void
test_spoofing_moves_nothing(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    assert_int_equal(say(&w, 2, 0, true), JN_GATE_DROP_NEIGHBOUR_SPOOFING);
    assert_int_equal(say(&w, 0, 1, true), JN_GATE_DROP_NEIGHBOUR_SPOOFING); // the standby's address by the gateway
    assert_int_equal(say(&w, 2, 1, false), JN_GATE_DROP_NEIGHBOUR_SPOOFING);
    assert_true(w.x.state.target == target_at(0));
    assert_int_equal(w.x.state.moves, 0);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standby_takes_over_by_announcement),
        cmocka_unit_test(test_announcement_brings_it_up),
        cmocka_unit_test(test_silent_takeover),
        cmocka_unit_test(test_address_in_use_twice),
        cmocka_unit_test(test_moving_to_and_fro_is_damped),
        cmocka_unit_test(test_spoofing_moves_nothing),
    };
    return cmocka_run_group_tests_name("gate_moves", tests, NULL, NULL);
}
