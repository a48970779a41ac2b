// SPDX-License-Identifier: BSD-3-Clause
// Checksums that a kernel left unfinished, against what scapy says is right (unfinished_vectors.py).
#include "hex.h"
#include "packet/parse.h"
#include "packet/unfinished.h"
#include "test.h"
#include "vectors/unfinished_vectors.h"

enum { ROOM = 2048 };

// The frame in memory that ends with it, finished if there is something to be finished.
static bool
finish(uint8_t *frame, uint32_t length) {
    struct jn_packet packet;
    struct jn_finish finish;
    jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &packet);
    if (!jn_find_unfinished(frame, length, &packet, &finish))
        return false;
    assert_in_range(finish.at + finish.length, 1, length);
    memcpy(frame + finish.at, finish.bytes, finish.length);
    return true;
}

static void
check(const struct unfinished_vector *row, bool expected) {
    uint8_t before[ROOM] = {0}, after[ROOM] = {0};
    hex_decode(row->before.hex, before);
    hex_decode(row->after.hex, after);
    uint8_t *frame = malloc(row->before.length);
    memcpy(frame, before, row->before.length);
    bool found = finish(frame, row->before.length);
    if (found != expected)
        fail_msg("%s: expected %s", row->what, expected ? "to be finished" : "to be left as it is");
    for (uint32_t i = 0; i < row->after.length; i++)
        if (frame[i] != after[i])
            fail_msg("%s: byte %u is %02x, expected %02x", row->what, i, frame[i], after[i]);
    free(frame);
}

static void
test_unfinished(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(unfinished_vectors); i++)
        check(&unfinished_vectors[i], true);
}

static void
test_left_as_it_is(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(left_vectors); i++)
        check(&left_vectors[i], false);
}

// What is finished is not finished a second time into something else.
static void
test_finished_twice(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(unfinished_vectors); i++) {
        uint8_t frame[ROOM] = {0}, once[ROOM];
        hex_decode(unfinished_vectors[i].before.hex, frame);
        finish(frame, unfinished_vectors[i].before.length);
        memcpy(once, frame, sizeof(once));
        finish(frame, unfinished_vectors[i].before.length);
        assert_memory_equal(once, frame, sizeof(once));
    }
}

// Nothing is read behind a frame that ends early, nor is such a one finished: malloc's memory tells AddressSanitizer.
static void
test_cut_everywhere(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(unfinished_vectors); i++) {
        uint8_t whole[ROOM] = {0};
        hex_decode(unfinished_vectors[i].before.hex, whole);
        for (uint32_t length = 0; length < unfinished_vectors[i].before.length && length < 200; length++) {
            uint8_t *frame = malloc(length + 1);
            memcpy(frame + 1, whole, length);
            finish(frame + 1, length);
            free(frame);
        }
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unfinished),
        cmocka_unit_test(test_left_as_it_is),
        cmocka_unit_test(test_finished_twice),
        cmocka_unit_test(test_cut_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
