// SPDX-License-Identifier: BSD-3-Clause
// Policies come and go while a virtual network is in use: what stays known, and who may still write.
#include "gate_call.h"
#include "test.h"

// What was learned at a peer that is gone goes with it; a host that is named from now on is no guest any more.
static void
test_policy_takes_away_what_was_learned(void **state) {
    (void)state;
    static const uint8_t at_2[16] = {10, 254, 9, 1}, at_3[16] = {10, 254, 9, 2}, host[16] = {10, 254, 0, 4};
    struct jn_gate_peer renamed = fixture_peers[3];
    struct call c;
    prepare_idle(&c);
    announce(&c, 2, 9, 1, NOW);
    announce(&c, 3, 9, 2, NOW);
    announce(&c, 2, 0, 4, NOW);
    assert_true(jn_gate_host_target(&c.x.state, 4, host) != 0);
    c.x.engine.peers[2] = NULL;
    renamed.has_inner[0] = 1;
    memcpy(renamed.inner[0], at_3, 16);
    c.x.engine.peers[3] = &renamed;
    gate_fixture_open(&c.x);
    assert_true(jn_gate_host_target(&c.x.state, 4, host) == 0);
    assert_false(run_timers(&c, NOW + 1));
    assert_null(gate_fixture_host(&c.x.state, 4, at_2));
    assert_ptr_equal(gate_fixture_host(&c.x.state, 4, at_3), &c.x.state.hosts[6]);
    for (unsigned int i = JN_GATE_NAMED; i < JN_GATE_HOSTS; i++)
        assert_true(c.x.state.hosts[i].neighbour.state_mac == 0);
    assert_int_equal(announce(&c, 1, 9, 2, NOW + 2), JN_GATE_DROP_NEIGHBOUR_SPOOFING);
    assert_int_equal(announce(&c, 3, 9, 2, NOW + 2), JN_GATE_DROP_COUNT);
}

static void
test_another_vni_starts_anew(void **state) {
    (void)state;
    static const uint8_t host[16] = {10, 254, 0, 4}, guest[16] = {10, 254, 9, 1};
    struct call c;
    prepare_idle(&c);
    announce(&c, 2, 0, 4, NOW);
    announce(&c, 2, 9, 1, NOW);
    gate_fixture_open(&c.x); // the same: all is kept
    assert_true(jn_gate_host_target(&c.x.state, 4, host) != 0 && jn_gate_host_target(&c.x.state, 4, guest) != 0);
    c.x.gate.vni++;
    gate_fixture_open(&c.x);
    assert_true(jn_gate_host_target(&c.x.state, 4, host) == 0);
    assert_non_null(gate_fixture_host(&c.x.state, 4, host));
    assert_null(gate_fixture_host(&c.x.state, 4, guest));
    assert_int_equal(c.x.state.vni, 11);
}

static void
test_close(void **state) {
    (void)state;
    struct call c;
    prepare_idle(&c);
    announce(&c, 2, 0, 4, NOW);
    jn_gate_close(&c.x.state);
    assert_int_equal(c.x.state.vni, 0);
    assert_true(c.x.state.target == 0);
    for (unsigned int i = 0; i < JN_GATE_HOSTS; i++)
        assert_true(c.x.state.hosts[i].neighbour.state_mac == 0 && c.x.state.hosts[i].target == 0);
    for (unsigned int i = 0; i < JN_GATE_PEERS; i++)
        assert_int_equal(c.x.state.next_hop[i], 0xffff);
}

static void
test_policy_that_is_never_in_force_changes_nothing(void **state) {
    (void)state;
    struct call c;
    prepare_idle(&c);
    announce(&c, 2, 0, 4, NOW);
    announce(&c, 2, 9, 1, NOW);
    struct jn_gate gate = c.x.gate;
    struct jn_gate_engine never = c.x.engine;
    struct jn_gate_state before = c.x.state;
    gate.vni++;
    never.gate = &gate;
    never.peers[2] = NULL;
    jn_gate_open(&never);
    before.edition = c.x.state.edition;
    assert_memory_equal(&before, &c.x.state, sizeof(before));
    assert_int_equal(announce(&c, 2, 9, 2, NOW), JN_GATE_DROP_COUNT);
    assert_true(knows(&c, 0, 4) && knows(&c, 9, 1) && knows(&c, 9, 2));
}

// The owner of before may come late: what it hears is of another network.
static void
test_older_policy_is_let_in_no_more(void **state) {
    (void)state;
    struct call c;
    prepare_idle(&c);
    struct jn_gate gate = c.x.gate;
    struct jn_gate_engine next = c.x.engine;
    gate.vni++;
    next.gate = &gate;
    jn_gate_open(&next);
    assert_int_equal(announce(&c, 2, 0, 4, NOW), JN_GATE_DROP_COUNT);
    assert_true(knows(&c, 0, 4));
    jn_gate_apply(&next);
    assert_false(knows(&c, 0, 4));
    struct jn_gate_state before = c.x.state;
    const uint8_t guest[16] = {10, 254, 7, 7};
    assert_int_equal(announce(&c, 2, 0, 4, NOW), JN_GATE_DROP_NEIGHBOUR);
    jn_gate_resolve(&c.x.engine, 4, guest, NOW);
    assert_false(run_timers(&c, NOW + 2 * FIXTURE_SECOND));
    assert_memory_equal(&before, &c.x.state, sizeof(before));
    c.x.engine = next;
    assert_int_equal(announce(&c, 2, 0, 4, NOW), JN_GATE_DROP_COUNT);
    assert_true(knows(&c, 0, 4));
}

static void
test_one_worker_at_a_time(void **state) {
    (void)state;
    struct call c;
    prepare_idle(&c);
    const uint8_t guest[16] = {10, 254, 7, 7};
    c.x.state.busy = 1;
    struct jn_gate_state before = c.x.state;
    jn_gate_resolve(&c.x.engine, 4, guest, NOW);
    assert_int_equal(announce(&c, 2, 0, 4, NOW), JN_GATE_DROP_NEIGHBOUR);
    assert_false(run_timers(&c, NOW + 2 * FIXTURE_SECOND));
    assert_memory_equal(&before, &c.x.state, sizeof(before));
}

static void
test_another_vpg_with_the_index_starts_anew(void **state) {
    (void)state;
    struct call c;
    prepare_idle(&c);
    announce(&c, 2, 0, 4, NOW);
    announce(&c, 2, 9, 1, NOW);
    c.x.engine.identity = 7;
    gate_fixture_open(&c.x);
    assert_false(knows(&c, 0, 4) || knows(&c, 9, 1));
    announce(&c, 2, 9, 1, NOW);
    gate_fixture_open(&c.x);
    assert_true(knows(&c, 9, 1));
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy_takes_away_what_was_learned),
        cmocka_unit_test(test_another_vni_starts_anew),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_policy_that_is_never_in_force_changes_nothing),
        cmocka_unit_test(test_older_policy_is_let_in_no_more),
        cmocka_unit_test(test_one_worker_at_a_time),
        cmocka_unit_test(test_another_vpg_with_the_index_starts_anew),
    };
    return cmocka_run_group_tests_name("gate_policy", tests, NULL, NULL);
}
