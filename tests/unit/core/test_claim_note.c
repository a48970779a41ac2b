// SPDX-License-Identifier: BSD-3-Clause
// What is noted in a claim is read from it; anything else in it is nothing.
#include <stdlib.h>
#include <unistd.h>

#include "core/claim_note.h"
#include "test.h"

static const struct jn_claim_note notes[] = {{true, 65535, 65535, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
                                             {false, 0, 0, {0}},
                                             {true, 0, 0, {2, 0, 0, 0, 0, 1}},
                                             {false, 1524, 1500, {0, 0xa, 0xbc, 3, 4, 5}},
                                             {true, 9024, 9000, {1}},
                                             {false, 0, 0, {0}}};

static const char *const others[] = {
    "",
    "down",
    "down 1 mtu 2 before 3 of 2:0:0:0:0:1\n",
    "down 1 mtu 1524 before 1500\n..................................................",
    "down 2 mtu 0 before 0 of 2:0:0:0:0:1\n........................................................",
    "down 1 mtu 70000 before 1500 of 2:0:0:0:0:1\n.................................................",
    "\377\377\377\377"};

static int
open_claim(void) {
    char path[] = "/tmp/junction-claim-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    return fd;
}

static void
test_written_and_read(void **state) {
    (void)state;
    int fd = open_claim();
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        struct jn_claim_note note;
        jn_claim_note_write(fd, &notes[i]);
        jn_claim_note_read(fd, &note);
        assert_int_equal(note.down, notes[i].down);
        assert_int_equal(note.mtu_set, notes[i].mtu_set);
        assert_int_equal(note.mtu_before, notes[i].mtu_before);
        assert_memory_equal(note.mac, notes[i].mac, sizeof(note.mac));
    }
    close(fd);
}

static void
test_anything_else_is_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct jn_claim_note note = {true, 1, 1, {1}};
        int fd = open_claim();
        assert_int_equal(write(fd, others[i], strlen(others[i])), strlen(others[i]));
        jn_claim_note_read(fd, &note);
        assert_false(note.down || note.mtu_set != 0 || note.mtu_before != 0);
        close(fd);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_written_and_read),
                                       cmocka_unit_test(test_anything_else_is_nothing)};
    return cmocka_run_group_tests_name("claim_note", tests, NULL, NULL);
}
