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
    for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
        worker.halvings = jn_halvings_after(worker.halvings, rounds[i].round_ns);
        assert_int_equal(worker.halvings, rounds[i].halvings);
        assert_int_equal(jn_packets_a_round(&worker), rounds[i].packets);
        assert_int_equal(jn_flows_a_round(&worker), rounds[i].flows);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_long_rounds_make_portions_small)};
    return cmocka_run_group_tests_name("portion", tests, NULL, NULL);
}
