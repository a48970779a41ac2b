// SPDX-License-Identifier: BSD-3-Clause
// The underlay engine: frames in; outcome, reply (built independently by scapy), counters and neighbours after.
#include "packet/parse.h"
#include "test.h"
#include "underlay/underlay_input.h"
#include "underlay_fixture.h"
#include "vectors/underlay_vectors.h"

#define NOW   UINT64_C(1700000000000000000)
#define ROOM  2048u
#define ROWS  (sizeof(underlay_rows) / sizeof(underlay_rows[0]))
#define WORDS (sizeof(struct jn_underlay_counters) / 8)

static void
prepare(struct fixture *x, const struct underlay_row *row) {
    assert_true(fixture_init(x));
    x->neighbours[row->neighbour].state_mac = row->before;
}

static void
check_counters(const struct fixture *x, const struct underlay_row *row) {
    uint64_t words[WORDS];
    memcpy(words, &x->counters, sizeof(words));
    for (size_t i = 0; i < WORDS; i++)
        if (words[i] != (row->counter == (int)i * 8))
            fail_msg("%s: counter %zu: found %llu", row->what, i, (unsigned long long)words[i]);
}

static void
check_neighbours(const struct fixture *x, const struct underlay_row *row, uint64_t expected) {
    for (unsigned int i = 0; i < FIXTURE_NEIGHBOURS; i++) {
        uint64_t wanted = i == row->neighbour ? expected : UINT64_C(1) << 48;
        if (x->neighbours[i].state_mac != wanted)
            fail_msg("%s: neighbour %u: expected %016llx, found %016llx", row->what, i, (unsigned long long)wanted,
                     (unsigned long long)x->neighbours[i].state_mac);
    }
    const struct jn_neighbour *n = &x->neighbours[row->neighbour];
    bool learned = jn_neighbour_state_of(row->before) != JN_NEIGHBOUR_INCOMPLETE;
    bool changed = learned && (row->before ^ expected) << 16 != 0;
    if (n->mac_changes != changed)
        fail_msg("%s: expected %d changes of MAC, found %u", row->what, changed, n->mac_changes);
    bool confirmed = row->before != expected && jn_neighbour_state_of(expected) == JN_NEIGHBOUR_REACHABLE;
    if (n->confirmed_ns != (confirmed ? NOW : 0))
        fail_msg("%s: confirmation: expected %d", row->what, confirmed);
}

static void
check_result(const struct underlay_row *row, const struct jn_underlay_result *result) {
    uint8_t expected[ROOM];
    if (row->outcome == JN_UNDERLAY_REPLY) {
        uint32_t length = hex_decode(row->reply, expected);
        if (result->reply_length != length)
            fail_msg("%s: expected a reply of %u bytes, found %u", row->what, length, result->reply_length);
        for (uint32_t i = 0; i < length; i++)
            if (result->reply[i] != expected[i])
                fail_msg("%s: reply, byte %u: expected %02x, found %02x", row->what, i, expected[i], result->reply[i]);
    }
    if (row->outcome == JN_UNDERLAY_ERROR) {
        uint32_t length = hex_decode(row->peer, expected);
        assert_int_equal(result->family, row->family);
        assert_memory_equal(result->peer, expected, length);
        assert_int_equal(result->kind, row->too_big ? JN_UNDERLAY_TOO_BIG : JN_UNDERLAY_UNREACHABLE);
        assert_int_equal(result->mtu, row->mtu);
    }
}

// With and without what the parser found: the same.
static void
run_row(const struct underlay_row *row, bool parsed) {
    uint8_t frame[ROOM], reply[ROOM];
    struct jn_underlay_result result = {.reply = reply, .reply_room = ROOM};
    struct fixture x;
    struct jn_packet packet;
    uint32_t length = hex_decode(row->frame, frame);
    prepare(&x, row);
    jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &packet);
    enum jn_underlay_outcome outcome =
        jn_underlay_input(&x.u, row->port, frame, length, parsed ? &packet : NULL, NOW, &result);
    if (outcome != row->outcome)
        fail_msg("%s: expected outcome %d, found %d", row->what, row->outcome, outcome);
    check_result(row, &result);
    check_counters(&x, row);
    check_neighbours(&x, row, row->after);
}

static void
test_table(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        run_row(&underlay_rows[i], true);
        run_row(&underlay_rows[i], false);
    }
}

// A copy that ends where its allocation ends: the sanitizer sees one byte too many.
static uint8_t *
exact(const uint8_t *bytes, uint32_t length, uint8_t **allocation) {
    *allocation = malloc(length + 1);
    assert_non_null(*allocation);
    memcpy(*allocation + 1, bytes, length);
    return *allocation + 1;
}

static void
test_every_truncation_is_harmless(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const struct underlay_row *row = &underlay_rows[i];
        uint8_t frame[ROOM], reply[ROOM], *allocation;
        uint32_t whole = hex_decode(row->frame, frame);
        for (uint32_t length = 0; length < whole; length += length < 200 || whole - length < 8 ? 1 : 37) {
            struct jn_underlay_result result = {.reply = reply, .reply_room = ROOM};
            struct fixture x;
            prepare(&x, row);
            const uint8_t *cut = exact(frame, length, &allocation);
            enum jn_underlay_outcome outcome = jn_underlay_input(&x.u, row->port, cut, length, NULL, NOW, &result);
            free(allocation);
            if (length < row->needed) {
                if (outcome == JN_UNDERLAY_REPLY || outcome == JN_UNDERLAY_ERROR || outcome == JN_UNDERLAY_LEARNED)
                    fail_msg("%s cut to %u bytes: outcome %d", row->what, length, outcome);
                check_neighbours(&x, row, row->before);
            } else
                assert_int_equal(outcome, row->outcome);
        }
    }
}

static void
test_no_reply_beyond_its_room(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const struct underlay_row *row = &underlay_rows[i];
        uint8_t frame[ROOM];
        uint32_t length = hex_decode(row->frame, frame), wanted = (uint32_t)strlen(row->reply) / 2;
        if (row->outcome != JN_UNDERLAY_REPLY)
            continue;
        assert_true(wanted <= length + 8);
        for (uint32_t room = wanted - 2; room <= wanted; room++) {
            struct jn_underlay_result result = {.reply = malloc(room), .reply_room = room};
            assert_non_null(result.reply);
            struct fixture x;
            prepare(&x, row);
            enum jn_underlay_outcome outcome = jn_underlay_input(&x.u, row->port, frame, length, NULL, NOW, &result);
            free(result.reply);
            assert_int_equal(outcome == JN_UNDERLAY_REPLY, room == wanted);
            assert_int_equal(x.counters.ignored_other, room != wanted);
        }
    }
}

// What is parsed may be of a frame longer than its first segment.
static void
test_first_segment_alone(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const struct underlay_row *row = &underlay_rows[i];
        uint8_t frame[ROOM], reply[ROOM], *allocation;
        uint32_t whole = hex_decode(row->frame, frame);
        struct jn_packet packet;
        jn_parse_frame(frame, whole, whole, JN_LINKTYPE_ETHERNET, &packet);
        for (uint32_t length = 64; length < whole && length < row->needed; length += 29) {
            struct jn_underlay_result result = {.reply = reply, .reply_room = ROOM};
            struct fixture x;
            prepare(&x, row);
            const uint8_t *cut = exact(frame, length, &allocation);
            enum jn_underlay_outcome outcome = jn_underlay_input(&x.u, row->port, cut, length, &packet, NOW, &result);
            free(allocation);
            assert_true(outcome == row->outcome || outcome == JN_UNDERLAY_CONSUMED || outcome == JN_UNDERLAY_NOT_OURS);
            assert_int_not_equal(outcome, JN_UNDERLAY_REPLY);
        }
    }
}

static void
test_port_out_of_range(void **state) {
    (void)state;
    uint8_t frame[ROOM], reply[ROOM];
    uint32_t length = hex_decode(underlay_rows[0].frame, frame);
    struct jn_underlay_result result = {.reply = reply, .reply_room = ROOM};
    struct fixture x;
    prepare(&x, &underlay_rows[0]);
    assert_int_equal(jn_underlay_input(&x.u, JN_MAX_PORTS, frame, length, NULL, NOW, &result), JN_UNDERLAY_NOT_OURS);
    assert_int_equal(jn_underlay_input(&x.u, UINT16_MAX, frame, length, NULL, NOW, &result), JN_UNDERLAY_NOT_OURS);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_every_truncation_is_harmless),
        cmocka_unit_test(test_no_reply_beyond_its_room),
        cmocka_unit_test(test_first_segment_alone),
        cmocka_unit_test(test_port_out_of_range),
    };
    return cmocka_run_group_tests_name("underlay", tests, NULL, NULL);
}
