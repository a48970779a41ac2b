// SPDX-License-Identifier: BSD-3-Clause
// Neighbours over time, by a clock of the test's own: what is asked and when, and what becomes of the entries.
#include <errno.h>

#include "test.h"
#include "underlay/underlay_input.h"
#include "underlay/underlay_neighbour.h"
#include "underlay/underlay_route.h"
#include "underlay/underlay_timers.h"
#include "underlay_fixture.h"
#include "vectors/underlay_vectors.h"

#define START UINT64_C(1700000000000000000)
#define MS    UINT64_C(1000000)
#define S     (1000 * MS)

static const uint8_t mac_a[6] = {2, 0, 0, 0, 0, 0x0a};

// Only the first neighbour, 198.18.0.10.
static void
only_first(struct fixture *x) {
    assert_true(fixture_init(x));
    for (unsigned int i = 1; i < FIXTURE_NEIGHBOURS; i++)
        jn_neighbour_close(&x->neighbours[i]);
}

static uint32_t
run_timers(struct fixture *x, uint64_t at_ms, uint8_t *frame) {
    uint16_t port = 99;
    uint32_t length = jn_underlay_run_timers(&x->u, START + at_ms * MS, frame, &port);
    if (length != 0)
        assert_int_equal(port, 0);
    return length;
}

// Every millisecond in [from, to): is there a request just when expected, of that kind? Ends with -1.
static void
expect_requests(struct fixture *x, uint64_t from, uint64_t to, const int64_t *times, bool unicast) {
    uint8_t frame[JN_UNDERLAY_REQUEST_MAX];
    for (uint64_t ms = from; ms < to; ms++) {
        uint32_t length = run_timers(x, ms, frame);
        bool due = *times == (int64_t)ms;
        if ((length != 0) != due)
            fail_msg("at %llu ms: expected %s request", (unsigned long long)ms, due ? "a" : "no");
        if (!due)
            continue;
        times++;
        assert_int_equal(length, 42);
        assert_memory_equal(frame, unicast ? (const uint8_t *)mac_a : (const uint8_t *)"\xff\xff\xff\xff\xff\xff", 6);
        assert_int_equal(run_timers(x, ms, frame), 0);
    }
    assert_int_equal(*times, -1);
}

static void
answer(struct fixture *x, uint64_t at_ms, uint8_t last) {
    uint8_t frame[JN_UNDERLAY_REQUEST_MAX], reply[256];
    struct jn_underlay_result result = {.reply = reply, .reply_room = sizeof(reply)};
    uint32_t length =
        hex_decode("02000000000102000000000a0806000108000604000202000000000ac612000a020000000001c6120001", frame);
    frame[11] = frame[27] = last;
    assert_int_equal(jn_underlay_input(&x->u, 0, frame, length, NULL, START + at_ms * MS, &result),
                     JN_UNDERLAY_CONSUMED);
}

static void
announce(struct fixture *x, uint64_t at_ms, uint8_t last) {
    uint8_t frame[JN_UNDERLAY_REQUEST_MAX], reply[256];
    struct jn_underlay_result result = {.reply = reply, .reply_room = sizeof(reply)};
    uint32_t length =
        hex_decode("ffffffffffff02000000000a0806000108000604000102000000000ac612000a000000000000c612000a", frame);
    frame[11] = frame[27] = last;
    assert_int_equal(jn_underlay_input(&x->u, 0, frame, length, NULL, START + at_ms * MS, &result),
                     JN_UNDERLAY_LEARNED);
}

static void
test_requests_to_the_byte(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(underlay_requests) / sizeof(underlay_requests[0]); i++) {
        const struct underlay_request *row = &underlay_requests[i];
        uint8_t expected[256], frame[JN_UNDERLAY_REQUEST_MAX];
        struct fixture x;
        assert_true(fixture_init(&x));
        for (unsigned int n = 0; n < FIXTURE_NEIGHBOURS; n++)
            x.neighbours[n].state_mac = n == row->neighbour ? row->state_mac : 0;
        uint32_t length = hex_decode(row->frame, expected);
        assert_int_equal(run_timers(&x, 0, frame), length);
        assert_memory_equal(frame, expected, length);
    }
}

static void
test_unanswered_is_asked_ever_more_seldom(void **state) {
    (void)state;
    struct fixture x;
    only_first(&x);
    expect_requests(&x, 0, 16500, (const int64_t[]){0, 1000, 2000, 3000, 5000, 9000, 13000, -1}, false);
    assert_int_equal(x.neighbours[0].unanswered, 7);
    answer(&x, 16600, 0x0a);
    assert_true(x.neighbours[0].state_mac == jn_neighbour_state_mac(JN_NEIGHBOUR_REACHABLE, mac_a));
    assert_int_equal(x.neighbours[0].unanswered, 0);
    assert_true(x.neighbours[0].confirmed_ns == START + 16600 * MS);
}

static void
test_confirmed_again_in_time(void **state) {
    (void)state;
    struct fixture x;
    only_first(&x);
    expect_requests(&x, 0, 1, (const int64_t[]){0, -1}, false);
    answer(&x, 10, 0x0a);
    expect_requests(&x, 10, 5011, (const int64_t[]){5010, -1}, true);
    assert_true(x.neighbours[0].state_mac == jn_neighbour_state_mac(JN_NEIGHBOUR_PROBE, mac_a));
    answer(&x, 5020, 0x0a);
    assert_int_equal(jn_neighbour_state_of(x.neighbours[0].state_mac), JN_NEIGHBOUR_REACHABLE);
    expect_requests(&x, 5020, 10021, (const int64_t[]){10020, -1}, true);
    assert_int_equal(x.neighbours[0].mac_changes, 0);
}

static void
test_lost_after_three_probes_and_found_again(void **state) {
    (void)state;
    struct fixture x;
    only_first(&x);
    expect_requests(&x, 0, 1, (const int64_t[]){0, -1}, false);
    answer(&x, 0, 0x0a);
    expect_requests(&x, 1, 8000, (const int64_t[]){5000, 6000, 7000, -1}, true);
    assert_true(x.neighbours[0].state_mac == jn_neighbour_state_mac(JN_NEIGHBOUR_PROBE, mac_a)); // used to the last
    expect_requests(&x, 8000, 12000, (const int64_t[]){8000, 9000, 10000, 11000, -1}, false);
    assert_true(x.neighbours[0].state_mac == UINT64_C(1) << 48);
    answer(&x, 12000, 0x0b);
    assert_true(x.neighbours[0].state_mac == UINT64_C(0x000202000000000b));
    expect_requests(&x, 12000, 17000, (const int64_t[]){-1}, true);
}

static void
test_changed_mac_is_followed_and_verified(void **state) {
    (void)state;
    struct fixture x;
    only_first(&x);
    expect_requests(&x, 0, 1, (const int64_t[]){0, -1}, false);
    answer(&x, 0, 0x0b);
    announce(&x, 500, 0x0a);
    assert_true(x.neighbours[0].state_mac == jn_neighbour_state_mac(JN_NEIGHBOUR_PROBE, mac_a));
    assert_int_equal(x.neighbours[0].mac_changes, 1);
    expect_requests(&x, 500, 1500, (const int64_t[]){1000, -1}, true); // a second after the last, not before
    answer(&x, 1500, 0x0a);
    assert_int_equal(jn_neighbour_state_of(x.neighbours[0].state_mac), JN_NEIGHBOUR_REACHABLE);
    assert_int_equal(x.neighbours[0].mac_changes, 1);
}

static void
test_flood_of_announcements_makes_no_noise(void **state) {
    (void)state;
    struct fixture x;
    uint8_t frame[JN_UNDERLAY_REQUEST_MAX];
    unsigned int requests = 0;
    only_first(&x);
    for (uint64_t ms = 0; ms < 10000; ms++) {
        announce(&x, ms, ms % 2 ? 0x0a : 0x0b);
        requests += run_timers(&x, ms, frame) != 0;
    }
    assert_int_equal(requests, 10);
    assert_int_equal(x.neighbours[0].mac_changes, 9999);
    assert_int_equal(x.counters.arp_requests, 10000);
}

// The same announcement again and again must not keep an entry that does not answer.
static void
test_announcements_confirm_nothing(void **state) {
    (void)state;
    struct fixture x;
    uint8_t frame[JN_UNDERLAY_REQUEST_MAX];
    only_first(&x);
    run_timers(&x, 0, frame);
    answer(&x, 0, 0x0a);
    uint64_t ms = 0;
    for (; ms < 60000 && jn_neighbour_state_of(x.neighbours[0].state_mac) != JN_NEIGHBOUR_INCOMPLETE; ms++) {
        if (ms < 7990)
            announce(&x, ms, 0x0a);
        run_timers(&x, ms, frame);
    }
    assert_int_equal(ms, 8001);
}

static void
test_every_neighbour_gets_its_turn(void **state) {
    (void)state;
    struct fixture x;
    uint8_t frame[JN_UNDERLAY_REQUEST_MAX];
    assert_true(fixture_init(&x));
    for (unsigned int i = 0; i < FIXTURE_NEIGHBOURS; i++) {
        assert_int_not_equal(run_timers(&x, 0, frame), 0);
        assert_int_equal(x.neighbours[i].unanswered, 1);
    }
    assert_int_equal(run_timers(&x, 0, frame), 0);
}

static void
test_ports_of_others_are_left_alone(void **state) {
    (void)state;
    struct fixture x;
    uint8_t frame[JN_UNDERLAY_REQUEST_MAX];
    assert_true(fixture_init(&x));
    x.u.ports = 2;
    assert_int_equal(run_timers(&x, 0, frame), 0);
    x.u.ports = 3;
    x.u.address_count = 0; // nor is anything asked without an own address to ask from
    assert_int_equal(run_timers(&x, 10, frame), 0);
    assert_int_equal(x.neighbours[0].unanswered, 0);
}

static void
test_entries_are_opened_once(void **state) {
    (void)state;
    struct fixture x;
    assert_true(fixture_init(&x));
    for (unsigned int i = 0; i < FIXTURE_NEIGHBOURS; i++)
        assert_int_equal(jn_neighbour_open(x.neighbours, FIXTURE_NEIGHBOURS, &fixture_paths[i]), i);
    struct jn_underlay_path path = fixture_paths[0];
    path.vlan_id = 100;
    assert_int_equal(jn_neighbour_open(x.neighbours, FIXTURE_NEIGHBOURS, &path), -ENOSPC);
    x.neighbours[2].asked_ns = x.neighbours[2].unanswered = x.neighbours[2].mac_changes = 7;
    jn_neighbour_close(&x.neighbours[2]);
    assert_int_equal(jn_neighbour_open(x.neighbours, FIXTURE_NEIGHBOURS, &path), 2);
    assert_int_equal(x.neighbours[2].asked_ns + x.neighbours[2].unanswered + x.neighbours[2].mac_changes, 0);
    assert_int_equal(jn_neighbour_state_of(x.neighbours[2].state_mac), JN_NEIGHBOUR_INCOMPLETE);
}

static void
test_a_free_entry_learns_nothing(void **state) {
    (void)state;
    struct fixture x;
    uint8_t frame[JN_UNDERLAY_REQUEST_MAX], reply[256];
    struct jn_underlay_result result = {.reply = reply, .reply_room = sizeof(reply)};
    only_first(&x);
    jn_neighbour_close(&x.neighbours[0]);
    uint32_t length =
        hex_decode("02000000000102000000000a0806000108000604000202000000000ac612000a020000000001c6120001", frame);
    assert_int_equal(jn_underlay_input(&x.u, 0, frame, length, NULL, START, &result), JN_UNDERLAY_CONSUMED);
    assert_int_equal(x.counters.ignored_other, 1);
    assert_true(x.neighbours[0].state_mac == 0);
    assert_int_equal(run_timers(&x, 0, frame), 0);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_to_the_byte),
        cmocka_unit_test(test_unanswered_is_asked_ever_more_seldom),
        cmocka_unit_test(test_confirmed_again_in_time),
        cmocka_unit_test(test_lost_after_three_probes_and_found_again),
        cmocka_unit_test(test_changed_mac_is_followed_and_verified),
        cmocka_unit_test(test_flood_of_announcements_makes_no_noise),
        cmocka_unit_test(test_announcements_confirm_nothing),
        cmocka_unit_test(test_every_neighbour_gets_its_turn),
        cmocka_unit_test(test_ports_of_others_are_left_alone),
        cmocka_unit_test(test_entries_are_opened_once),
        cmocka_unit_test(test_a_free_entry_learns_nothing),
    };
    return cmocka_run_group_tests_name("underlay_neighbour", tests, NULL, NULL);
}
