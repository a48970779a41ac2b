// SPDX-License-Identifier: BSD-3-Clause
// What follows from what a device's bus and driver tell: one story a row, in the order of its telling.
#include "port/port_told.h"
#include "test.h"

enum { LOOK = 1 << 30 }; // the main thread looks; else what is told

static const struct {
    const char *what;
    uint32_t story[6];
    enum jn_port_step steps[3]; // at each look
    uint32_t left;
} cases[] = {
    {"nothing", {LOOK}, {JN_PORT_STAYS}, 0},
    {"unplugged", {JN_TOLD_REMOVED, LOOK, LOOK}, {JN_PORT_GOES, JN_PORT_STAYS}, 0},
    {"told twice, once by the bus, once by the driver",
     {JN_TOLD_REMOVED, JN_TOLD_REMOVED, LOOK, LOOK},
     {JN_PORT_GOES, JN_PORT_STAYS},
     0},
    {"a reset", {JN_TOLD_RESET, LOOK, LOOK}, {JN_PORT_RESETS, JN_PORT_STAYS}, 0},
    {"gone before it was reset", {JN_TOLD_RESET, JN_TOLD_REMOVED, LOOK, LOOK}, {JN_PORT_GOES, JN_PORT_STAYS}, 0},
    {"mended", {JN_TOLD_RECOVERING, LOOK, JN_TOLD_RECOVERED, LOOK}, {JN_PORT_RECOVERS, JN_PORT_RESUMES}, 0},
    {"mended between two looks", {JN_TOLD_RECOVERING, JN_TOLD_RECOVERED, LOOK}, {JN_PORT_RESUMES}, 0},
    {"mended, and ill again between two looks", {JN_TOLD_RECOVERED, JN_TOLD_RECOVERING, LOOK}, {JN_PORT_RECOVERS}, 0},
    {"a worse error during recovery",
     {JN_TOLD_RECOVERING, LOOK, JN_TOLD_RECOVERING, LOOK, JN_TOLD_RECOVERED, LOOK},
     {JN_PORT_RECOVERS, JN_PORT_RECOVERS, JN_PORT_RESUMES},
     0},
    {"not mended", {JN_TOLD_RECOVERING, LOOK, JN_TOLD_FAILED, LOOK}, {JN_PORT_RECOVERS, JN_PORT_REOPENS}, 0},
    {"unplugged during recovery",
     {JN_TOLD_RECOVERING, LOOK, JN_TOLD_REMOVED, LOOK},
     {JN_PORT_RECOVERS, JN_PORT_GOES},
     0},
    {"unplugged, and mended meanwhile", {JN_TOLD_REMOVED, JN_TOLD_RECOVERED, LOOK}, {JN_PORT_GOES}, 0},
    {"a reset waits for the end of recovery",
     {JN_TOLD_RECOVERING, LOOK, JN_TOLD_RESET, LOOK, JN_TOLD_RECOVERED, LOOK},
     {JN_PORT_RECOVERS, JN_PORT_STAYS, JN_PORT_RESUMES},
     JN_TOLD_RESET},
    {"opening anew is a reset, too", {JN_TOLD_RESET, JN_TOLD_FAILED, LOOK, LOOK}, {JN_PORT_REOPENS, JN_PORT_STAYS}, 0},
};

static void
test_stories(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t told = 0;
        bool recovering = false;
        unsigned int looks = 0;
        for (size_t j = 0; j < COUNT(cases[i].story) && cases[i].story[j] != 0; j++) {
            if (cases[i].story[j] != LOOK) {
                told = jn_port_told_add(told, (enum jn_port_told)cases[i].story[j]);
                continue;
            }
            enum jn_port_step step = jn_port_told_step(&told, recovering);
            if (step != cases[i].steps[looks])
                fail_msg("%s: look %u: expected %d, found %d", cases[i].what, looks, cases[i].steps[looks], step);
            recovering = step == JN_PORT_RECOVERS || (recovering && step == JN_PORT_STAYS);
            looks++;
        }
        if (told != cases[i].left)
            fail_msg("%s: 0x%x is left", cases[i].what, told);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stories)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
