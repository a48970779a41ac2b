// SPDX-License-Identifier: BSD-3-Clause
// The gateway and its standby live and die: probes, the way word, announcements, damping. Peers are played: each has a
// set of IPv4 addresses that it answers for, and answers a millisecond later.
#include "gate_fixture.h"
#include "test.h"

#define NOW    UINT64_C(1700000000000000000)
#define MS     UINT64_C(1000000)
#define BYPASS jn_way_make(JN_WAY_BYPASS, 0, 0)
#define DROP   jn_way_make(JN_WAY_DROP, 0, 0)

enum { ADDRESSES = 4 }; // 10.254.0.2 and so on, by number

struct world {
    struct gate_fixture x;
    uint64_t now_ns;
    bool answers[FIXTURE_PLACES][ADDRESSES]; // place answers for address
    bool pending[FIXTURE_PLACES][ADDRESSES];
    unsigned int asked[FIXTURE_PLACES][ADDRESSES], broadcasts; // since set to 0
    uint8_t room[128];
};

// MAC of the peer at `place`.
static void
mac_of(unsigned int place, uint8_t mac[6]) {
    const uint8_t it[6] = {2, 0, 0, 0, 0, (uint8_t)(0xa + place)};
    memcpy(mac, it, 6);
}

static uint64_t
way_to(unsigned int place) {
    uint8_t mac[6];
    mac_of(place, mac);
    return jn_way_make(JN_WAY_PEER, place, jn_link_make(JN_NEIGHBOUR_FREE, mac));
}

static void
begin(struct world *w) {
    memset(w, 0, sizeof(*w));
    w->now_ns = NOW;
    gate_fixture_init(&w->x);
}

static enum jn_gate_loss
say(struct world *w, unsigned int place, unsigned int address, bool announcement) {
    uint8_t frame[42] = {[0] = 0xff, 0xff, 0xff,     0xff,
                         0xff,       0xff, [12] = 8, 6,
                         0,          1,    8,        0,
                         6,          4,    0,        2,
                         [28] = 10,  254,  0,        (uint8_t)(2 + address),
                         [38] = 10,  254,  0,        (uint8_t)(2 + address)};
    struct jn_gate_send send = {.frame = w->room, .room = sizeof(w->room)};
    mac_of(place, frame + 6);
    mac_of(place, frame + 22);
    if (!announcement) {
        memcpy(frame, w->x.gate.mac, 6);
        frame[41] = 1;
    }
    return jn_gate_neighbour(&w->x.engine, place, frame, sizeof(frame), NULL, w->now_ns, &send);
}

// The peer at `place` asks for a device, as the gateway: it is heard, and answers nothing.
static enum jn_gate_loss
ask(struct world *w, unsigned int place) {
    uint8_t frame[42] = {[0] = 0xff, 0xff, 0xff, 0xff, 0xff,      0xff, [12] = 8, 6, 0,         1,   8,  0,
                         6,          4,    0,    1,    [28] = 10, 254,  0,        2, [38] = 10, 128, 10, 5};
    struct jn_gate_send send = {.frame = w->room, .room = sizeof(w->room)};
    mac_of(place, frame + 6);
    mac_of(place, frame + 22);
    return jn_gate_neighbour(&w->x.engine, place, frame, sizeof(frame), NULL, w->now_ns, &send);
}

static void
take_request(struct world *w, const struct jn_gate_send *send) {
    unsigned int address = send->frame[41] - 2u;
    bool broadcast = send->frame[0] == 0xff;
    assert_int_equal(send->length, 42);
    assert_true(address < ADDRESSES);
    w->broadcasts += broadcast;
    for (unsigned int place = 0; place < FIXTURE_PLACES; place++) {
        uint8_t mac[6];
        mac_of(place, mac);
        if (!(send->places >> place & 1))
            continue;
        w->asked[place][address]++;
        w->pending[place][address] |= w->answers[place][address] && (broadcast || memcmp(mac, send->frame, 6) == 0);
    }
}

static void
pass(struct world *w, uint64_t ms) {
    for (uint64_t end = w->now_ns + ms * MS; w->now_ns < end; w->now_ns += MS) {
        for (unsigned int i = 0; i < FIXTURE_PLACES * ADDRESSES; i++) {
            bool *pending = &w->pending[i / ADDRESSES][i % ADDRESSES];
            if (*pending)
                say(w, i / ADDRESSES, i % ADDRESSES, false);
            *pending = false;
        }
        struct jn_gate_send send = {.frame = w->room, .room = sizeof(w->room)};
        while (jn_gate_tick(&w->x.engine, w->now_ns, &send))
            take_request(w, &send);
    }
}

// How many milliseconds until the way is that one.
static uint64_t
wait_for(struct world *w, uint64_t way, uint64_t at_most_ms) {
    for (uint64_t ms = 0; ms <= at_most_ms; ms++) {
        if (w->x.state.way == way)
            return ms;
        pass(w, 1);
    }
    fail_msg("way %016llx, expected %016llx", (unsigned long long)w->x.state.way, (unsigned long long)way);
    return 0;
}

static void
begin_up(struct world *w) {
    begin(w);
    w->answers[0][0] = w->answers[1][1] = true;
    pass(w, 1000);
    assert_true(w->x.state.way == way_to(0));
    assert_int_equal(w->x.state.health[0].state, JN_HEALTH_UP);
    assert_int_equal(w->x.state.health[1].state, JN_HEALTH_UP);
}

static void
test_up_after_three_answers(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    assert_true(w.x.state.way == 0); // before the first tick
    w.answers[0][0] = true;
    assert_in_range(wait_for(&w, way_to(0), 1000), 200, 203); // the third is asked for after 200 ms
    assert_int_equal(w.x.state.way_changes, 2);
    assert_int_equal(w.x.state.health[0].changes, 1);
    assert_int_equal(w.x.state.health[1].state, JN_HEALTH_DOWN);
    assert_int_equal(w.x.state.moves, 0);
}

static void
test_down_after_three_lost(void **state) {
    (void)state;
    static const struct {
        uint8_t on_failure, on_standby_failure;
        bool standby_lives;
        uint64_t way;
    } rows[] = {
        {JN_FAILURE_BYPASS, JN_FAILURE_DROP, true, (uint64_t)JN_WAY_BYPASS << 56},
        {JN_FAILURE_DROP, JN_FAILURE_BYPASS, true, (uint64_t)JN_WAY_DROP << 56},
        {JN_FAILURE_STANDBY, JN_FAILURE_DROP, true, UINT64_C(0x010102000000000b)},
        {JN_FAILURE_STANDBY, JN_FAILURE_DROP, false, (uint64_t)JN_WAY_DROP << 56},
        {JN_FAILURE_STANDBY, JN_FAILURE_BYPASS, false, (uint64_t)JN_WAY_BYPASS << 56},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world w;
        begin_up(&w);
        w.x.gate.on_failure = rows[i].on_failure;
        w.x.gate.on_standby_failure = rows[i].on_standby_failure;
        w.answers[1][1] = rows[i].standby_lives;
        pass(&w, 1000);
        w.answers[0][0] = false;
        assert_in_range(wait_for(&w, rows[i].way, 500), 300, 401);
        // It is asked for by broadcast now, of the standby as well.
        memset(w.asked, 0, sizeof(w.asked));
        w.broadcasts = 0;
        pass(&w, 1000);
        assert_true(w.x.state.way == rows[i].way);
        assert_int_equal(w.asked[0][0], 10);
        assert_int_equal(w.asked[1][0], 10);
        assert_true(w.broadcasts >= 10);
        w.answers[0][0] = true;
        wait_for(&w, way_to(0), 700);
    }
}

static void
test_one_probe_has_one_answer(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    say(&w, 0, 0, false); // to no question at all
    pass(&w, 1);
    for (unsigned int i = 0; i < 10; i++)
        say(&w, 0, 0, false);
    assert_int_equal(w.x.state.health[0].answers, 1);
    assert_true(w.x.state.way == BYPASS);
}

static void
test_known_gateway_is_asked_alone(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    memset(w.asked, 0, sizeof(w.asked));
    w.broadcasts = 0;
    pass(&w, 10000);
    assert_int_equal(w.broadcasts, 0);
    assert_int_equal(w.asked[0][0], 100);
    assert_int_equal(w.asked[1][0], 0);
    assert_int_equal(w.asked[1][1], 100);
}

static void
test_one_lost_in_two_does_no_harm(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    for (unsigned int i = 0; i < 40; i++) {
        w.answers[0][0] = i % 3 == 2;
        pass(&w, 100);
        assert_true(w.x.state.way == way_to(0));
    }
}

static void
test_standby_takes_over_by_announcement(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    w.answers[0][0] = false;
    w.answers[1][0] = true;
    assert_int_equal(say(&w, 1, 0, true), JN_GATE_LOSS_COUNT);
    assert_true(w.x.state.way == way_to(1)); // at once
    assert_int_equal(w.x.state.moves, 1);
    pass(&w, 5000);
    assert_true(w.x.state.way == way_to(1));
    assert_int_equal(w.x.state.health[0].changes, 1); // it never fell
    w.answers[0][0] = true;
    w.answers[1][0] = false;
    assert_int_equal(say(&w, 0, 0, true), JN_GATE_LOSS_COUNT);
    assert_true(w.x.state.way == way_to(0));
    pass(&w, 5000);
    assert_true(w.x.state.way == way_to(0));
    assert_int_equal(w.x.state.way_changes, 4);
}

static void
test_announcement_brings_it_up(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    pass(&w, 15000);
    assert_true(w.x.state.way == BYPASS);
    say(&w, 0, 0, true);
    assert_true(w.x.state.way == way_to(0));
    pass(&w, 1000);
    assert_true(w.x.state.way == BYPASS); // it says so, but does not answer
    say(&w, 0, 0, true);
    assert_true(w.x.state.way == BYPASS); // and is not believed a second time
    w.answers[0][0] = true;
    assert_in_range(wait_for(&w, way_to(0), 1000), 500, 610); // but for six answers
}

// That it can be heard does not tell that it hears: nothing but answers keep it up.
static void
test_questions_are_no_answers(void **state) {
    (void)state;
    unsigned int up_ms = 0;
    struct world w;
    begin_up(&w);
    w.answers[0][0] = false;
    for (unsigned int ms = 0; ms < 30000; ms++) {
        if (ms % 250 == 0)
            assert_int_equal(ask(&w, 0), JN_GATE_LOSS_COUNT);
        pass(&w, 1);
        up_ms += w.x.state.way == way_to(0);
    }
    assert_in_range(up_ms, 300, 1000); // until it fell, and once more because it had come back, as it said
    assert_true(w.x.state.way == way_to(1));
    w.answers[0][0] = true;
    wait_for(&w, way_to(0), 1000);
}

// The standby has the address and says nothing: it is found by broadcast.
static void
test_silent_takeover(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    pass(&w, 10000);
    w.answers[0][0] = false;
    w.answers[1][0] = true;
    wait_for(&w, jn_way_make(JN_WAY_PEER, 1, 0x02000000000b), 500); // by the standby's own address
    pass(&w, 1000);
    assert_int_equal(w.x.state.health[0].state, JN_HEALTH_UP);
    assert_int_equal(w.x.state.moves, 1);
    assert_true(w.x.state.way == way_to(1));
}

// Two that answer for the address: the first is believed, and nothing flaps.
static void
test_address_in_use_twice(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    w.answers[0][0] = w.answers[1][0] = true;
    pass(&w, 10000);
    assert_int_equal(w.x.state.moves, 0);
    assert_int_equal(w.x.state.way_changes, 2);
    assert_true(w.x.state.way == way_to(0));
}

// Up for a moment, down, again and again: 3, 6, 12, 24, 48, 50 answers; after 30 s up all is forgiven.
static void
test_flapping_needs_more_answers(void **state) {
    (void)state;
    static const uint32_t needed[] = {3, 6, 12, 24, 48, 50, 50};
    struct world w;
    begin(&w);
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        w.answers[0][0] = true;
        assert_in_range(wait_for(&w, way_to(0), 6000), (needed[i] - 1) * 100, needed[i] * 100 + 110);
        assert_int_equal(w.x.state.health[0].needed, needed[i]);
        w.answers[0][0] = false;
        wait_for(&w, BYPASS, 500);
    }
    w.answers[0][0] = true;
    wait_for(&w, way_to(0), 6000);
    pass(&w, 29000);
    assert_int_equal(w.x.state.health[0].needed, 50);
    pass(&w, 2000);
    assert_int_equal(w.x.state.health[0].needed, 3);
}

static void
test_moving_to_and_fro_is_damped(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    for (unsigned int i = 0; i < 4; i++)
        assert_int_equal(say(&w, i % 2 == 0, 0, true), JN_GATE_LOSS_COUNT);
    assert_true(w.x.state.way == way_to(0));
    for (unsigned int i = 0; i < 3; i++)
        assert_int_equal(say(&w, 1, 0, true), JN_GATE_LOST_NEIGHBOUR);
    assert_int_equal(say(&w, 0, 0, true), JN_GATE_LOSS_COUNT); // where it is already
    assert_int_equal(w.x.state.moves, 4);
    assert_int_equal(w.x.state.moves_refused, 3);
    assert_true(w.x.state.way == way_to(0));
    pass(&w, 999);
    assert_int_equal(say(&w, 1, 0, true), JN_GATE_LOST_NEIGHBOUR);
    pass(&w, 1);
    assert_int_equal(say(&w, 1, 0, true), JN_GATE_LOSS_COUNT);
    assert_true(w.x.state.way == way_to(1));
}

static void
test_poison_moves_nothing(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    assert_int_equal(say(&w, 2, 0, true), JN_GATE_LOST_POISON);
    assert_int_equal(say(&w, 0, 1, true), JN_GATE_LOST_POISON); // the standby's address by the gateway
    assert_int_equal(say(&w, 2, 1, false), JN_GATE_LOST_POISON);
    assert_true(w.x.state.way == way_to(0));
    assert_int_equal(w.x.state.moves, 0);
}

static void
reopen(struct world *w) {
    gate_fixture_open(&w->x);
    pass(w, 1);
}

static void
test_policy_with_another_gateway(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    reopen(&w); // the same policy again
    assert_true(w.x.state.way == way_to(0));
    w.x.gate.gateway = 2;
    w.answers[2][2] = true;
    reopen(&w);
    assert_int_equal(w.x.state.health[0].state, JN_HEALTH_DOWN);
    assert_true(w.x.state.way == way_to(1)); // the standby stays up
    wait_for(&w, way_to(2), 300);
    assert_int_equal(say(&w, 0, 2, true), JN_GATE_LOST_POISON);
    w.x.gate.flags = 0;
    reopen(&w);
    assert_true(w.x.state.way == 0);
    assert_int_equal(w.x.state.health[0].state, JN_HEALTH_UNUSED);
    assert_int_equal(w.x.state.health[1].state, JN_HEALTH_UNUSED);
    memset(w.asked, 0, sizeof(w.asked));
    pass(&w, 1000);
    assert_int_equal(w.asked[2][2] + w.asked[1][1], 0);
}

static void
test_policy_with_another_address_of_the_gateway(void **state) {
    (void)state;
    struct jn_gate_peer renumbered = fixture_peers[0];
    struct world w;
    begin_up(&w);
    renumbered.inner[0][3] = 5; // 10.254.0.5
    w.x.engine.peers[0] = &renumbered;
    w.answers[0][3] = true;
    reopen(&w);
    assert_true(w.x.state.way == way_to(1));
    assert_int_equal(w.x.state.health[0].state, JN_HEALTH_DOWN);
    wait_for(&w, way_to(0), 300);
}

// The address is at the standby's place when the standby goes: it is looked for where it belongs.
static void
test_policy_without_the_standby(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    say(&w, 1, 0, true);
    assert_true(w.x.state.way == way_to(1));
    w.x.gate.standby = JN_NO_PLACE;
    w.x.gate.on_failure = JN_FAILURE_DROP;
    w.x.engine.peers[1] = NULL;
    reopen(&w);
    assert_true(w.x.state.way == DROP);
    wait_for(&w, way_to(0), 300);
    assert_int_equal(say(&w, 1, 0, true), JN_GATE_LOST_POISON);
}

static void
test_peer_without_a_route(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    w.x.engine.peer_mask = 0xe;
    reopen(&w);
    assert_true(w.x.state.way == way_to(1));
    memset(w.asked, 0, sizeof(w.asked));
    pass(&w, 1000);
    assert_int_equal(w.asked[0][0], 0);
    assert_true(w.x.state.way == way_to(1));
}

static void
test_gateway_by_ipv6(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    w.x.gate.gateway_family = 6;
    gate_fixture_open(&w.x);
    struct jn_gate_send send = {.frame = w.room, .room = sizeof(w.room)};
    assert_true(jn_gate_tick(&w.x.engine, NOW, &send));
    assert_int_equal(send.length, 86);
    assert_int_equal(send.places, 3);
    assert_memory_equal(send.frame, "\x33\x33\xff\0\0\2", 6);
    assert_memory_equal(send.frame + 62, fixture_peers[0].inner[1], 16);
}

// Time that goes backwards stops nothing.
static void
test_clock_set_back(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    w.now_ns -= 3600 * FIXTURE_SECOND;
    pass(&w, 2000);
    assert_true(w.x.state.way == way_to(0));
    w.answers[0][0] = false;
    wait_for(&w, way_to(1), 500);
}

// Turning redirection on does not wait for what was due before.
static void
test_policy_is_taken_into_use_at_once(void **state) {
    (void)state;
    struct world w;
    struct jn_gate_send send = {.frame = w.room, .room = sizeof(w.room)};
    begin(&w);
    w.x.gate.flags = 0;
    gate_fixture_open(&w.x);
    pass(&w, 500);
    assert_true(w.x.state.due_ns > w.now_ns + 400 * MS);
    assert_false(jn_gate_is_due(&w.x.engine, w.now_ns));
    w.x.gate.flags = JN_GATE_REDIRECT;
    jn_gate_open(&w.x.engine);
    assert_true(jn_gate_is_due(&w.x.engine, w.now_ns));
    assert_true(jn_gate_tick(&w.x.engine, w.now_ns, &send));
    assert_true(jn_way_kind(w.x.state.way) == JN_WAY_BYPASS);
    w.answers[0][0] = true;
    assert_in_range(wait_for(&w, way_to(0), 1000), 200, 303);
}

static void
test_nothing_due_costs_nothing(void **state) {
    (void)state;
    struct world w;
    begin_up(&w);
    pass(&w, 50);
    uint64_t due = w.x.state.due_ns;
    struct jn_gate_send send = {.frame = w.room, .room = sizeof(w.room)};
    assert_true(due > w.now_ns && due <= w.now_ns + 100 * MS);
    assert_false(jn_gate_is_due(&w.x.engine, due - 1));
    assert_false(jn_gate_tick(&w.x.engine, due - 1, &send));
    assert_true(w.x.state.due_ns == due);
    assert_true(jn_gate_tick(&w.x.engine, due, &send));
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_up_after_three_answers),
        cmocka_unit_test(test_down_after_three_lost),
        cmocka_unit_test(test_one_probe_has_one_answer),
        cmocka_unit_test(test_known_gateway_is_asked_alone),
        cmocka_unit_test(test_one_lost_in_two_does_no_harm),
        cmocka_unit_test(test_standby_takes_over_by_announcement),
        cmocka_unit_test(test_announcement_brings_it_up),
        cmocka_unit_test(test_questions_are_no_answers),
        cmocka_unit_test(test_silent_takeover),
        cmocka_unit_test(test_address_in_use_twice),
        cmocka_unit_test(test_flapping_needs_more_answers),
        cmocka_unit_test(test_moving_to_and_fro_is_damped),
        cmocka_unit_test(test_poison_moves_nothing),
        cmocka_unit_test(test_policy_with_another_gateway),
        cmocka_unit_test(test_policy_with_another_address_of_the_gateway),
        cmocka_unit_test(test_policy_without_the_standby),
        cmocka_unit_test(test_peer_without_a_route),
        cmocka_unit_test(test_gateway_by_ipv6),
        cmocka_unit_test(test_clock_set_back),
        cmocka_unit_test(test_policy_is_taken_into_use_at_once),
        cmocka_unit_test(test_nothing_due_costs_nothing),
    };
    return cmocka_run_group_tests_name("gate_health", tests, NULL, NULL);
}
