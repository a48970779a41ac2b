// SPDX-License-Identifier: BSD-3-Clause
// Hosts of a virtual network that are wanted, asked for, learned and forgotten; and whose entries they displace.
#include "gate_call.h"
#include "test.h"

static unsigned int
known_of(const struct call *c, uint8_t a) {
    unsigned int known = 0;
    for (unsigned int b = 0; b < 256; b++)
        known += knows(c, a, (uint8_t)b);
    return known;
}

static void
test_wanted_host_is_asked_for_five_times(void **state) {
    (void)state;
    static const uint8_t guest[16] = {10, 254, 7, 7};
    struct call c;
    uint64_t at[8];
    unsigned int asked = 0;
    prepare_idle(&c);
    jn_gate_resolve(&c.x.engine, 4, guest, NOW);
    for (uint64_t now = NOW; now < NOW + 20 * FIXTURE_SECOND; now += FIXTURE_SECOND / 10) {
        while (run_timers(&c, now)) {
            assert_true(asked < 5);
            at[asked++] = now - NOW;
            assert_int_equal(c.send.peer_bits, 0xf); // nobody knows where it is
            assert_memory_equal(c.reply, "\xff\xff\xff\xff\xff\xff", 6);
            assert_memory_equal(c.reply + 38, guest, 4);
        }
    }
    assert_int_equal(asked, 5);
    for (unsigned int i = 0; i < 5; i++)
        assert_true(at[i] == i * FIXTURE_SECOND);
    assert_null(gate_fixture_host(&c.x.state, 4, guest));
    jn_gate_resolve(&c.x.engine, 4, guest, NOW + 20 * FIXTURE_SECOND);
    assert_true(run_timers(&c, NOW + 20 * FIXTURE_SECOND));
}

static void
test_named_host_is_asked_for_at_its_peer(void **state) {
    (void)state;
    static const uint8_t host[16] = {10, 254, 0, 4};
    struct call c;
    prepare_idle(&c);
    jn_gate_resolve(&c.x.engine, 4, host, NOW);
    assert_true(run_timers(&c, NOW));
    assert_int_equal(c.send.peer_bits, 1 << 2);
    assert_false(run_timers(&c, NOW));
    assert_int_equal(say(&c, 2, 0, 4, true, NOW), JN_GATE_DROP_COUNT);
    assert_true(jn_gate_host_target(&c.x.state, 4, host) == UINT64_C(0x0102020000000004));
    // Half a minute later by unicast, three times; then it is not known any more.
    unsigned int asked = 0;
    for (uint64_t now = NOW; now < NOW + 40 * FIXTURE_SECOND; now += FIXTURE_SECOND / 10) {
        while (run_timers(&c, now)) {
            asked++;
            assert_true(now >= NOW + 30 * FIXTURE_SECOND);
            assert_int_equal(c.send.peer_bits, 1 << 2);
            assert_memory_equal(c.reply, "\x02\0\0\0\0\x04", 6);
        }
    }
    assert_int_equal(asked, 3);
    assert_true(jn_gate_host_target(&c.x.state, 4, host) == 0);
    assert_non_null(gate_fixture_host(&c.x.state, 4, host));
}

static void
test_only_hosts_of_the_network_are_wanted(void **state) {
    (void)state;
    static const uint8_t rows[][16] = {
        {10, 254, 0, 1}, {10, 254, 255, 255}, {10, 254, 0, 0}, {10, 128, 10, 5}, {198, 18, 0, 9}, {224, 0, 0, 1}, {0},
    };
    struct call c;
    prepare_idle(&c);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        jn_gate_resolve(&c.x.engine, 4, rows[i], NOW);
        assert_false(run_timers(&c, NOW));
        assert_null(gate_fixture_host(&c.x.state, 4, rows[i]));
    }
}

// Who looks for everybody costs no more than the table's size a second, and displaces nobody who is known.
static void
test_wanting_everybody_is_bounded(void **state) {
    (void)state;
    struct call c;
    unsigned int asked = 0;
    prepare_idle(&c);
    assert_int_equal(announce(&c, 2, 7, 7, NOW), JN_GATE_DROP_COUNT);
    for (unsigned int i = 0; i < 20000; i++) {
        uint64_t now = NOW + i * FIXTURE_SECOND / 2000;
        const uint8_t other[16] = {10, 254, (uint8_t)(100 + i / 256), (uint8_t)i};
        jn_gate_resolve(&c.x.engine, 4, other, now);
        asked += run_timers(&c, now);
    }
    assert_in_range(asked, 32, 11 * 32);
    assert_true(knows(&c, 7, 7));
}

static void
test_learned_hosts_are_bounded_and_the_oldest_goes(void **state) {
    (void)state;
    struct call c;
    prepare_idle(&c);
    for (unsigned int i = 0; i < 40; i++)
        assert_int_equal(announce(&c, 2, 9, (uint8_t)(i + 1), NOW + i), JN_GATE_DROP_COUNT);
    for (unsigned int i = 0; i < 40; i++) {
        const uint8_t address[16] = {10, 254, 9, (uint8_t)(i + 1)};
        assert_int_equal(jn_gate_host_target(&c.x.state, 4, address) != 0, i >= 8);
    }
}

static void
test_learned_host_is_forgotten(void **state) {
    (void)state;
    static const uint8_t address[16] = {10, 254, 9, 9};
    struct call c;
    prepare_idle(&c);
    announce(&c, 2, 9, 9, NOW);
    assert_false(run_timers(&c, NOW + 299 * FIXTURE_SECOND));
    assert_true(jn_gate_host_target(&c.x.state, 4, address) != 0);
    announce(&c, 2, 9, 9, NOW + 299 * FIXTURE_SECOND);
    assert_false(run_timers(&c, NOW + 500 * FIXTURE_SECOND));
    assert_true(jn_gate_host_target(&c.x.state, 4, address) != 0);
    assert_false(run_timers(&c, NOW + 600 * FIXTURE_SECOND));
    assert_null(gate_fixture_host(&c.x.state, 4, address));
}

// Four peers, and devices that want hosts: a fifth of the entries is the share of each, at whoever's cost.
static void
test_peer_that_makes_up_hosts_displaces_its_own(void **state) {
    (void)state;
    struct call c;
    prepare_idle(&c);
    for (unsigned int i = 0; i < 6; i++)
        announce(&c, 2, 2, (uint8_t)(i + 1), NOW + i);
    for (unsigned int i = 0; i < 200; i++)
        assert_int_equal(announce(&c, 3, 3, (uint8_t)(i + 1), NOW + 100 + i), JN_GATE_DROP_COUNT);
    assert_int_equal(known_of(&c, 2), 6);
    assert_int_equal(known_of(&c, 3), 26);
    for (unsigned int i = 0; i < 200; i++) {
        announce(&c, 1, 1, (uint8_t)(i % 7 + 1), NOW + 1000 + i);
        announce(&c, 3, 3, (uint8_t)(i + 1), NOW + 1000 + i);
    }
    assert_int_equal(known_of(&c, 1), 6);
    assert_int_equal(known_of(&c, 2), 6);
    assert_int_equal(known_of(&c, 3), 20);
}

static void
test_wanted_hosts_have_their_share(void **state) {
    (void)state;
    struct call c;
    unsigned int asked = 0;
    prepare_idle(&c);
    for (unsigned int i = 0; i < 6; i++)
        announce(&c, 2, 2, (uint8_t)(i + 1), NOW + i);
    for (unsigned int i = 0; i < 200; i++)
        announce(&c, 3, 3, (uint8_t)(i + 1), NOW + 100 + i);
    for (unsigned int i = 0; i < 200; i++) {
        const uint8_t address[16] = {10, 254, 7, (uint8_t)i};
        jn_gate_resolve(&c.x.engine, 4, address, NOW + 1000);
        asked += run_timers(&c, NOW + 1000);
    }
    assert_int_equal(asked, 6);
    assert_int_equal(known_of(&c, 2), 6);
    assert_int_equal(known_of(&c, 3), 20);
}

// Hosts are told apart by their addresses, not by a hash.
static void
test_tags_may_be_the_same(void **state) {
    (void)state;
    struct call c;
    prepare_idle(&c);
    for (unsigned int i = 0; i < 32; i++)
        announce(&c, 2, 9, (uint8_t)(i + 1), NOW + i);
    uint64_t tag = c.x.state.tags[13] >> 32 & 0xffff;
    const uint8_t *address = c.x.state.hosts[54].neighbour.address;
    assert_true(tag != 0);
    for (unsigned int i = 0; i < JN_GATE_HOSTS / 4; i++)
        c.x.state.tags[i] = tag * UINT64_C(0x0001000100010001);
    assert_true(jn_gate_host_target(&c.x.state, 4, address) == c.x.state.hosts[54].target);
    assert_true(c.x.state.hosts[54].target != 0);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wanted_host_is_asked_for_five_times),
        cmocka_unit_test(test_named_host_is_asked_for_at_its_peer),
        cmocka_unit_test(test_only_hosts_of_the_network_are_wanted),
        cmocka_unit_test(test_wanting_everybody_is_bounded),
        cmocka_unit_test(test_learned_hosts_are_bounded_and_the_oldest_goes),
        cmocka_unit_test(test_learned_host_is_forgotten),
        cmocka_unit_test(test_peer_that_makes_up_hosts_displaces_its_own),
        cmocka_unit_test(test_wanted_hosts_have_their_share),
        cmocka_unit_test(test_tags_may_be_the_same),
    };
    return cmocka_run_group_tests_name("gate_hosts", tests, NULL, NULL);
}
