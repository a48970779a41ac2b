// SPDX-License-Identifier: BSD-3-Clause
// What a claim's note says was changed at an interface, taken back: at the loopback of a network namespace of the test's own.
#define _GNU_SOURCE
#include "port/claim_undo.h"

#include <net/if.h>
#include <sched.h>

#include "port/xdp.h"
#include "test.h"

// An MTU of 1532 was set before, and the interface was set down.
static const struct {
    struct jn_claim_note note;
    bool own, up;
    uint16_t mtu, becomes;
} cases[] = {
    {{true, 1532, 1500, {0}}, true, true, 1532, 1500},
    {{true, 1532, 1500, {0}}, false, true, 1532, 1500},
    {{true, 1532, 1500, {2, 0, 0, 0, 0, 9}}, false, false, 1532, 1532}, // another's number now
    {{true, 1532, 1500, {2, 0, 0, 0, 0, 9}}, true, true, 1532, 1500},   // given another address meanwhile
    {{true, 1532, 1500, {0}}, true, true, 1400, 1400},                  // somebody set another one
    {{false, 1532, 1500, {0}}, true, false, 1532, 1500},
    {{true, 0, 0, {0}}, true, true, 1532, 1532},
    {{false, 1532, 0, {0}}, true, false, 1532, 1532},
    {{false, 0, 0, {0}}, false, false, 1532, 1532},
};

static void
test_undo(void **state) {
    (void)state;
    if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        skip();
    unsigned int index = if_nametoindex("lo");
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(jn_xdp_set_mtu("lo", cases[i].mtu), 0);
        assert_int_equal(jn_xdp_enable("lo", false), 0);
        jn_claim_undo(index, &cases[i].note, cases[i].own);
        jn_claim_undo(index + 100, &cases[i].note, cases[i].own); // nobody's
        if (jn_xdp_is_enabled("lo") != cases[i].up || jn_xdp_mtu("lo") != cases[i].becomes)
            fail_msg("case %zu: %s, MTU %u", i, jn_xdp_is_enabled("lo") ? "up" : "down", jn_xdp_mtu("lo"));
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_undo)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
