// SPDX-License-Identifier: BSD-3-Clause
// A counter of lost frames over time: when it is said, how much, and for how long it is shown as growing.
#include "port/port_losses.h"
#include "test.h"

enum { STEPS = 6 };

static const struct {
    const char *what;
    struct {
        uint64_t at_ms, counter, said;
        bool growing;
    } step[STEPS];
} rows[] = {
    {"nothing", {{50, 0, 0, false}, {100, 0, 0, false}}},
    {"one loss", {{50, 0, 0, false}, {100, 5, 5, true}, {150, 5, 0, true}, {10099, 5, 0, true}, {10100, 5, 0, false}}},
    {"before the first look", {{50, 7, 7, true}, {60050, 7, 0, false}}},
    {"it goes on",
     {{50, 1, 1, true}, {100, 4, 0, true}, {60000, 10, 0, true}, {60050, 10, 9, true}, {70000, 10, 0, false}}},
    {"later again",
     {{50, 1, 1, true}, {100, 3, 0, true}, {30000, 3, 0, false}, {60050, 3, 2, false}, {90000, 4, 0, true}}},
    {"opened anew", {{50, 100, 100, true}, {60050, 0, 0, false}, {60100, 3, 3, true}}},
    {"time stands at 0", {{0, 2, 2, true}, {0, 3, 0, true}, {59999, 3, 0, false}, {60000, 3, 1, false}}},
};

static void
test_loss(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_loss loss = {0};
        for (int s = 0; s < STEPS && (s < 2 || rows[i].step[s].at_ms != 0); s++) {
            uint64_t said = jn_loss_note(&loss, rows[i].step[s].counter, rows[i].step[s].at_ms);
            if (said != rows[i].step[s].said || loss.growing != rows[i].step[s].growing)
                fail_msg("%s, step %d: said %lu, growing %d", rows[i].what, s, (unsigned long)said, loss.growing);
        }
    }
}

static void
test_ports_apart(void **state) {
    (void)state;
    struct jn_port_state a = {.name = "a"}, b = {.name = "b", .rx_missed = 1};
    jn_port_losses_watch(0, &a, 1000);
    jn_port_losses_watch(1, &b, 1000);
    assert_int_equal(a.losing, 0);
    assert_int_equal(b.losing, 1u << JN_PORT_LOSS_MISSED);
    a.rx_nombuf = b.rx_nombuf = 2;
    jn_port_losses_watch(0, &a, 9000);
    jn_port_losses_watch(1, &b, 11000);
    assert_int_equal(a.losing, 1u << JN_PORT_LOSS_NOMBUF);
    assert_int_equal(b.losing, 1u << JN_PORT_LOSS_NOMBUF);
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_loss), cmocka_unit_test(test_ports_apart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
