// SPDX-License-Identifier: BSD-3-Clause
// Portions follow how long rounds take: fewer packets of a queue, fewer flows, and more again.
#include "flow/flow_state.h"
#include "test.h"
#include "worker/portion.h"

static void
test_long_rounds_make_portions_small(void **state) {
    (void)state;
    static const struct {
        uint64_t round_ns;
        unsigned int halvings, packets, flows;
    } rounds[] = {
        {5000, 0, 64, 128},
        {JN_ROUND_LONG_NS, 0, 64, 128},
        {JN_ROUND_LONG_NS + 1, 1, 32, 64},
        {JN_ROUND_SHORT_NS, 1, 32, 64}, // neither long nor short
        {100000, 2, 16, 32},
        {100000, 3, 8, 32},
        {UINT64_MAX, 3, 8, 32},
        {0, 2, 16, 32},
        {JN_ROUND_SHORT_NS - 1, 1, 32, 64},
        {1000, 0, 64, 128},
        {1000, 0, 64, 128},
    };
    struct jn_worker worker = {0};
    struct jn_portions portions = {0};
    for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
        worker.halvings = jn_halvings_after(&portions, worker.halvings, rounds[i].round_ns);
        assert_int_equal(worker.halvings, rounds[i].halvings);
        assert_int_equal(jn_packets_a_round(&worker), rounds[i].packets);
        assert_int_equal(jn_flows_a_round(&worker), rounds[i].flows);
    }
}

// A core was taken away once, and rounds take what is neither short nor long.
static void
test_one_long_round_does_not_last(void **state) {
    (void)state;
    struct jn_portions portions = {0};
    unsigned int halvings = jn_halvings_after(&portions, 0, JN_ROUND_LONG_NS + 1);
    assert_int_equal(halvings, 1);
    for (int i = 1; i < JN_FAIR_ROUNDS; i++)
        assert_int_equal(jn_halvings_after(&portions, halvings, 30000), 1);
    assert_int_equal(jn_halvings_after(&portions, halvings, 30000), 0);
}

// Many ports, each polled by a system call: fewer packets would not make the round shorter.
static void
test_what_polling_costs_is_no_work(void **state) {
    (void)state;
    struct jn_portions portions = {.empty_ns = 60000};
    assert_int_equal(jn_halvings_after(&portions, 0, 60000 + JN_ROUND_LONG_NS), 0);
    assert_int_equal(jn_halvings_after(&portions, 0, 60001 + JN_ROUND_LONG_NS), 1);
    assert_int_equal(jn_halvings_after(&portions, 1, 1000), 0);
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_long_rounds_make_portions_small),
                                       cmocka_unit_test(test_one_long_round_does_not_last),
                                       cmocka_unit_test(test_what_polling_costs_is_no_work)};
    return cmocka_run_group_tests_name("portion", tests, NULL, NULL);
}
