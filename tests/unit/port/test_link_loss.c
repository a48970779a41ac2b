// SPDX-License-Identifier: BSD-3-Clause
// A wire's two links, as they are seen one look after the other, and what is to be done with the other side.
#include "port/link_loss.h"
#include "test.h"

enum { LOOKS = 14, SETTLE = JN_LINK_SETTLE_MS, STEADY = JN_LINK_STEADY_MS, CALM = JN_LINK_CALM_MS };

// ! behind an advice: it cannot be followed. Of access and network: u has its link, d has none, g its device is gone, r its device has just returned without a link.
struct look {
    uint64_t at_ms;
    const char *seen, *advice;
};

static const struct row {
    const char *name;
    struct look looks[LOOKS];
} rows[] = {
    {"both up", {{0, "uu", ""}, {50, "uu", ""}, {99999, "uu", ""}}},
    {"one is lost, and returns",
     {{0, "uu", ""},
      {50, "du", "-network"},
      {100, "dd", ""},
      {9000, "ud", ""},
      {9000 + STEADY - 1, "ud", ""},
      {9000 + STEADY, "ud", "+network"},
      {9200, "ud", ""},
      {9300, "uu", ""},
      {99999, "uu", ""}}},
    {"one that cannot be brought back is tried again, and the other one is left alone",
     {{0, "uu", ""},
      {50, "du", "-network"},
      {9000, "ud", ""},
      {9000 + STEADY, "ud", "+network!"},
      {9000 + 2 * STEADY - 1, "ud", ""},
      {9000 + 2 * STEADY, "ud", "+network!"},
      {9000 + 2 * SETTLE, "ud", "+network!"},
      {9050 + 2 * SETTLE, "dd", ""}, // as long as the first one has its link
      {50000, "ud", ""},
      {50000 + STEADY, "ud", "+network"},
      {50200, "uu", ""}}},
    {"the other one is lost, and returns",
     {{0, "uu", ""},
      {50, "ud", "-access"},
      {100, "dd", ""},
      {9000, "du", ""},
      {9000 + STEADY, "du", "+access"},
      {9300, "uu", ""}}},
    {"a link that comes up late is no lost one", {{0, "ud", ""}, {SETTLE - 1, "ud", ""}, {SETTLE, "uu", ""}}},
    {"a link that never comes up is lost", {{0, "ud", ""}, {SETTLE - 1, "ud", ""}, {SETTLE, "ud", "-access"}}},
    {"a link that was up is lost at once, also while it settles", {{0, "uu", ""}, {50, "ud", "-access"}}},
    {"two that never come up take nothing down", {{0, "dd", ""}, {SETTLE, "dd", ""}, {99999, "dd", ""}}},
    {"of two that never came up one comes, and waits for the other",
     {{0, "dd", ""},
      {SETTLE, "dd", ""},
      {20000, "ud", "-access"},
      {20050, "dd", ""},
      {30000, "du", ""},
      {30000 + STEADY, "du", "+access"},
      {30200, "uu", ""}}},
    {"two that are lost at once stay up, and both return",
     {{0, "uu", ""}, {50, "dd", ""}, {20000, "dd", ""}, {20050, "uu", ""}}},
    {"two that are lost at once: one returns, then the other",
     {{0, "uu", ""},
      {50, "dd", ""},
      {20000, "ud", "-access"},
      {20050, "dd", ""},
      {30000, "du", ""},
      {30000 + STEADY, "du", "+access"},
      {30200, "uu", ""}}},
    {"the side taken down is lost, too, meanwhile: it waits, and the first one goes down",
     {{0, "uu", ""},
      {50, "du", "-network"},
      {9000, "ud", ""},
      {9100, "ud", "+network"},
      {9100 + SETTLE - 1, "ud", ""},
      {9100 + SETTLE, "ud", "-access"},
      {40000, "du", ""},
      {40000 + STEADY * 2, "du", "+access"},
      {41000, "uu", ""}}},
    {"lost again while the other one settles",
     {{0, "uu", ""},
      {50, "du", "-network"},
      {9000, "ud", ""},
      {9100, "ud", "+network"},
      {9200, "dd", ""},
      {9300, "du", "-network"},
      {9400, "dd", ""},
      {20000, "ud", ""},
      {20000 + STEADY * 2, "ud", "+network"}}},
    {"a link that flaps is passed on when it holds",
     {{0, "uu", ""},
      {50, "du", "-network"},
      {100, "ud", ""},
      {150, "dd", ""},
      {200, "ud", ""},
      {250, "dd", ""},
      {300, "ud", ""},
      {300 + STEADY - 1, "ud", ""},
      {300 + STEADY, "ud", "+network"}}},
    {"lost again and again: its return is waited for longer each time",
     {{0, "uu", ""},
      {50, "du", "-network"},
      {100, "ud", ""},
      {200, "ud", "+network"},
      {250, "uu", ""},
      {300, "du", "-network"},
      {400, "ud", ""},
      {400 + STEADY * 2 - 1, "ud", ""},
      {600, "ud", "+network"},
      {650, "uu", ""},
      {700, "du", "-network"},
      {1000, "ud", ""},
      {1000 + STEADY * 4 - 1, "ud", ""},
      {1000 + STEADY * 4, "ud", "+network"}}},
    {"and no longer after a quiet time",
     {{0, "uu", ""},
      {50, "du", "-network"},
      {100, "ud", ""},
      {200, "ud", "+network"},
      {250, "uu", ""},
      {300, "du", "-network"},
      {400, "ud", ""},
      {600, "ud", "+network"},
      {650, "uu", ""},
      {600 + CALM, "du", "-network"},
      {50000, "ud", ""},
      {50000 + STEADY, "ud", "+network"}}},
    {"a device that is gone is lost at once, also while it settles",
     {{0, "dd", ""},
      {50, "gu", "-network"},
      {100, "gd", ""},
      {5000, "rd", ""},
      {7000, "ud", ""},
      {7000 + STEADY, "ud", "+network"},
      {7500, "uu", ""}}},
    {"the side taken down goes, and returns with its link while the first one is still lost",
     {{0, "uu", ""},
      {50, "du", "-network"},
      {100, "dg", ""},
      {5000, "dr", ""},
      {6000, "du", "-network"},
      {7000, "ud", ""},
      {7000 + STEADY, "ud", "+network"}}},
    {"the side taken down goes, and the first one returns: it goes down until the device is there",
     {{0, "uu", ""},
      {50, "du", "-network"},
      {100, "dg", ""},
      {200, "ug", "-access"},
      {5000, "dr", ""},
      {6000, "du", ""},
      {6000 + STEADY, "du", "+access"}}},
    {"both devices go and return", {{0, "uu", ""}, {50, "gg", ""}, {5000, "rr", ""}, {6000, "uu", ""}}},
};

static struct jn_link_seen
seen_of(struct jn_link_loss *loss, enum jn_link_side side, char word, uint64_t at_ms) {
    if (word == 'r')
        jn_link_loss_returned(loss, side, at_ms);
    return (struct jn_link_seen){.up = word == 'u', .gone = word == 'g'};
}

static void
test_loss_is_passed_on(void **state) {
    (void)state;
    static const char *const words[] = {"-access", "-network", "+access", "+network"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_link_loss loss;
        print_message("%s\n", rows[i].name);
        jn_link_loss_start(&loss, 0);
        for (unsigned int n = 0; n < LOOKS && rows[i].looks[n].seen != NULL; n++) {
            const struct look *look = &rows[i].looks[n];
            const struct jn_link_seen seen[2] = {seen_of(&loss, JN_LINK_ACCESS, look->seen[0], look->at_ms),
                                                 seen_of(&loss, JN_LINK_NETWORK, look->seen[1], look->at_ms)};
            struct jn_link_advice advice = jn_link_loss_look(&loss, seen, look->at_ms);
            const char *said = advice.side == JN_LINK_NONE ? "" : words[advice.side + 2 * advice.up];
            bool fails = strchr(look->advice, '!') != NULL;
            assert_int_equal(strncmp(said, look->advice, strcspn(look->advice, "!")), 0);
            assert_int_equal(strlen(said), strcspn(look->advice, "!"));
            if (fails)
                jn_link_loss_kept_down(&loss, advice.side, look->at_ms);
        }
    }
}

// Whatever is seen: one side is taken down at most, only while the other is lost, and none for ever once both have links.
static void
test_nothing_waits_for_ever(void **state) {
    (void)state;
    for (unsigned int seed = 1; seed < 2000; seed++) {
        struct jn_link_loss loss;
        unsigned int random = seed;
        bool cable[2] = {true, true}, down[2] = {false, false};
        jn_link_loss_start(&loss, 0);
        for (uint64_t now_ms = 0; now_ms < 200000; now_ms += 50) {
            random = random * 1103515245 + 12345;
            if (now_ms < 100000 && (random >> 16) % 40 == 0)
                cable[random >> 24 & 1] ^= true;
            if (now_ms == 100000)
                cable[0] = cable[1] = true;
            const struct jn_link_seen seen[2] = {{.up = cable[0] && !down[0]}, {.up = cable[1] && !down[1]}};
            struct jn_link_advice advice = jn_link_loss_look(&loss, seen, now_ms);
            if (advice.side == JN_LINK_NONE)
                continue;
            assert_int_equal(down[advice.side], advice.up);
            assert_true(advice.up || !seen[1 - advice.side].up);
            down[advice.side] = !advice.up;
            assert_false(down[0] && down[1]);
        }
        assert_false(down[0] || down[1]);
    }
}

// Two wires in a row: the cable between them has a link while neither end is taken down.
static void
test_two_wires_in_a_row(void **state) {
    (void)state;
    for (unsigned int seed = 1; seed < 2000; seed++) {
        struct jn_link_loss loss[2];
        unsigned int random = seed;
        bool cable[2] = {true, true}, down[2][2] = {{false}};
        jn_link_loss_start(&loss[0], 0);
        jn_link_loss_start(&loss[1], 0);
        for (uint64_t now_ms = 0; now_ms < 200000; now_ms += 50) {
            random = random * 1103515245 + 12345;
            if (now_ms < 100000 && (random >> 16) % 40 == 0)
                cable[random >> 24 & 1] ^= true;
            if (now_ms == 100000)
                cable[0] = cable[1] = true;
            bool between = !down[0][JN_LINK_NETWORK] && !down[1][JN_LINK_ACCESS];
            const struct jn_link_seen seen[2][2] = {
                {{.up = cable[0] && !down[0][JN_LINK_ACCESS]}, {.up = between}},
                {{.up = between}, {.up = cable[1] && !down[1][JN_LINK_NETWORK]}},
            };
            for (unsigned int wire = 0; wire < 2; wire++) {
                struct jn_link_advice advice = jn_link_loss_look(&loss[wire], seen[wire], now_ms);
                if (advice.side != JN_LINK_NONE)
                    down[wire][advice.side] = !advice.up;
            }
        }
        assert_false(down[0][0] || down[0][1] || down[1][0] || down[1][1]);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_loss_is_passed_on),
                                       cmocka_unit_test(test_nothing_waits_for_ever),
                                       cmocka_unit_test(test_two_wires_in_a_row)};
    return cmocka_run_group_tests_name("link_loss", tests, NULL, NULL);
}
