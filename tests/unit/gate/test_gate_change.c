// SPDX-License-Identifier: BSD-3-Clause
// Another policy while the gateway is watched: another gateway, another address, no standby, no route.
#include "gate_world.h"

static void
reopen(struct world *w) {
    gate_fixture_open(&w->x);
    pass(w, 1);
}

static void
test_policy_with_another_gateway(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    reopen(&w); // the same policy again
    assert_true(w.x.state.target == target_at(0));
    w.x.gate.gateway = 2;
    w.answers[2][2] = true;
    reopen(&w);
    assert_int_equal(w.x.state.health[0].state, JN_HEALTH_DOWN);
    assert_true(w.x.state.target == target_at(1)); // the standby stays up
    wait_for(&w, target_at(2), 300);
    assert_int_equal(say(&w, 0, 2, true), JN_GATE_DROP_NEIGHBOUR_SPOOFING);
    w.x.gate.flags = 0;
    reopen(&w);
    assert_true(w.x.state.target == 0);
    assert_int_equal(w.x.state.health[0].state, JN_HEALTH_UNUSED);
    assert_int_equal(w.x.state.health[1].state, JN_HEALTH_UNUSED);
    memset(w.asked, 0, sizeof(w.asked));
    pass(&w, 1000);
    assert_int_equal(w.asked[2][2] + w.asked[1][1], 0);
}

static void
test_policy_with_another_address_of_the_gateway(void **state) {
    (void)state;
    struct jn_gate_peer renumbered = fixture_peers[0];
    struct world w;
    begin_up(&w);
    renumbered.inner[0][3] = 5; // 10.254.0.5
    w.x.engine.peers[0] = &renumbered;
    w.answers[0][3] = true;
    reopen(&w);
    assert_true(w.x.state.target == target_at(1));
    assert_int_equal(w.x.state.health[0].state, JN_HEALTH_DOWN);
    wait_for(&w, target_at(0), 300);
}

// The address is at the standby's place when the standby goes: it is looked for where it belongs.
static void
test_policy_without_the_standby(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    say(&w, 1, 0, true);
    assert_true(w.x.state.target == target_at(1));
    w.x.gate.standby = JN_NO_PEER;
    w.x.gate.on_failure = JN_FAILURE_DROP;
    w.x.engine.peers[1] = NULL;
    reopen(&w);
    assert_true(w.x.state.target == DROP);
    wait_for(&w, target_at(0), 300);
    assert_int_equal(say(&w, 1, 0, true), JN_GATE_DROP_NEIGHBOUR_SPOOFING);
}

static void
test_peer_without_a_route(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    w.x.engine.peer_mask = 0xe;
    reopen(&w);
    assert_true(w.x.state.target == target_at(1));
    memset(w.asked, 0, sizeof(w.asked));
    pass(&w, 1000);
    assert_int_equal(w.asked[0][0], 0);
    assert_true(w.x.state.target == target_at(1));
}

// Turning redirection on does not wait for what was due before.
static void
test_policy_is_taken_into_use_at_once(void **state) {
    (void)state;
    struct world w;
    struct jn_gate_send send = {.frame = w.room, .room = sizeof(w.room)};
    begin(&w);
    w.x.gate.flags = 0;
    gate_fixture_open(&w.x);
    pass(&w, 500);
    assert_true(w.x.state.due_ns > w.now_ns + 400 * MS);
    assert_false(jn_gate_is_due(&w.x.engine, w.now_ns));
    w.x.gate.flags = JN_GATE_REDIRECT;
    jn_gate_open(&w.x.engine);
    assert_true(jn_gate_is_due(&w.x.engine, w.now_ns));
    assert_true(jn_gate_run_timers(&w.x.engine, w.now_ns, &send));
    assert_true(jn_target_kind(w.x.state.target) == JN_TARGET_BYPASS);
    w.answers[0][0] = true;
    assert_in_range(wait_for(&w, target_at(0), 1000), 200, 303);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy_with_another_gateway),
        cmocka_unit_test(test_policy_with_another_address_of_the_gateway),
        cmocka_unit_test(test_policy_without_the_standby),
        cmocka_unit_test(test_peer_without_a_route),
        cmocka_unit_test(test_policy_is_taken_into_use_at_once),
    };
    return cmocka_run_group_tests_name("gate_change", tests, NULL, NULL);
}
