// SPDX-License-Identifier: BSD-3-Clause
// Who has been silent for how long, as somebody sees it who may have been stopped himself.
#include "heartbeat.h"
#include "test.h"

#define N JN_HEARTBEAT_NOTHING
#define S JN_HEARTBEAT_SILENT
#define B JN_HEARTBEAT_BACK

enum { LOOKS = 9 };

struct look {
    uint64_t at_ms, beats;
    enum jn_heartbeat_news news;
};

static const struct row {
    const char *name;
    struct look looks[LOOKS];
    uint64_t silent_ms; // after the last
} rows[] = {
    {"beats every time", {{0, 1, N}, {50, 2, N}, {100, 3, N}}, 0},
    {"silent from the first look on", {{0, 1, N}, {400, 1, N}, {800, 1, N}, {1200, 1, S}, {1600, 1, N}}, 1600},
    {"silent, and back, and silent again",
     {{0, 1, N}, {500, 1, N}, {1000, 1, S}, {1500, 2, B}, {2000, 3, N}, {2500, 3, N}, {3000, 3, S}},
     1000},
    {"back, and silent at once",
     {{0, 1, N}, {500, 1, N}, {1000, 1, S}, {1500, 2, B}, {2000, 2, N}, {2500, 2, S}},
     1000},
    {"all stopped for an hour, then well", {{0, 1, N}, {50, 2, N}, {3600050, 2, N}, {3600100, 3, N}}, 0},
    {"the looker stopped for an hour, the other well", {{0, 1, N}, {3600000, 99, N}}, 0},
    {"all stopped for an hour, one comes back late",
     {{50, 2, N}, {3600050, 2, N}, {3600450, 2, N}, {3600500, 3, N}},
     0},
    {"a hang goes on after a stop of all", {{50, 2, N}, {3600050, 2, N}, {3600550, 2, S}, {7200000, 2, N}}, 1500},
    {"a beat backwards is one, too: another life", {{0, 9, N}, {500, 1, N}, {1000, 1, N}}, 500},
};

static void
test_silence_is_what_was_looked_at(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_heartbeat heartbeat = {0};
        print_message("%s\n", rows[i].name);
        for (unsigned int n = 0; n < LOOKS && rows[i].looks[n].beats != 0; n++) {
            const struct look *look = &rows[i].looks[n];
            assert_int_equal(jn_heartbeat_look(&heartbeat, look->beats, look->at_ms), look->news);
        }
        assert_int_equal(heartbeat.silent_ms, rows[i].silent_ms);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_silence_is_what_was_looked_at)};
    return cmocka_run_group_tests_name("heartbeat", tests, NULL, NULL);
}
