// SPDX-License-Identifier: BSD-3-Clause
// The engine of a virtual network: frames in; loss, reply (built independently by scapy), counters and hosts after. And
// hosts that are wanted, asked for, learned and forgotten.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate_fixture.h"
#include "gate_vectors.h"

#define NOW  UINT64_C(1700000000000000000)
#define ROOM 2048u
#define ROWS (sizeof(gate_rows) / sizeof(gate_rows[0]))

struct call {
    struct gate_fixture x;
    uint8_t frame[ROOM], reply[ROOM], address[16];
    uint32_t length;
    struct jn_gate_send send;
};

static void
prepare(struct call *c, const struct gate_row *row) {
    gate_fixture_init(&c->x, NOW);
    c->length = gate_fixture_decode(row->frame, c->frame);
    c->send = (struct jn_gate_send){.frame = c->reply, .room = ROOM};
    gate_fixture_decode(row->host, c->address);
    if (row->before == 0)
        return;
    struct jn_gate_host *host = gate_fixture_host(&c->x.state, row->family, c->address);
    if (host == NULL) {
        host = &c->x.state.hosts[JN_GATE_HOSTS - 1];
        *host = (struct jn_gate_host){.neighbour = {.family = row->family, .vlan = JN_ANY_VLAN}};
        memcpy(host->neighbour.address, c->address, 16);
    }
    host->neighbour.link = row->before;
    host->place = row->place_before;
    host->heard_ns = NOW - row->age_s * FIXTURE_SECOND;
    if (row->before >> 48 != JN_NEIGHBOUR_INCOMPLETE)
        host->way = jn_way_make(JN_WAY_PEER, row->place_before, row->before);
}

// `frame`: a copy that ends where its allocation ends, so that the sanitizer sees one byte too many.
static enum jn_gate_loss
run(struct call *c, const struct gate_row *row, uint32_t length) {
    uint8_t *allocation = malloc(length + 1), *frame = allocation + 1;
    struct jn_packet packet;
    assert_non_null(allocation);
    memcpy(frame, c->frame, length);
    jn_parse_frame(frame, length, length, JN_LINK_ETHERNET, &packet);
    bool ip = packet.flags & JN_PACKET_IP;
    enum jn_gate_loss loss = (row->own ? jn_gate_own_packet : jn_gate_neighbour)(
        &c->x.engine, row->place, frame, length, ip ? &packet : NULL, NOW, &c->send);
    free(allocation);
    return loss;
}

static void
check_host(struct call *c, const struct gate_row *row, uint64_t link, uint8_t place) {
    if (row->family == 0)
        return;
    const struct jn_gate_host *host = gate_fixture_host(&c->x.state, row->family, c->address);
    uint64_t found = host != NULL ? host->neighbour.link : 0;
    if (found != link || (host != NULL && host->place != place))
        fail_msg("%s: expected %016llx at %u, found %016llx at %u", row->what, (unsigned long long)link, place,
                 (unsigned long long)found, host != NULL ? host->place : 0);
    bool known = link >> 48 > JN_NEIGHBOUR_INCOMPLETE;
    uint64_t way = jn_gate_host_way(&c->x.state, row->family, c->address);
    if (way != (known ? jn_way_make(JN_WAY_PEER, place, link) : 0))
        fail_msg("%s: way %016llx", row->what, (unsigned long long)way);
}

static void
check_send(const struct call *c, const struct gate_row *row) {
    uint8_t expected[ROOM];
    uint32_t length = gate_fixture_decode(row->reply, expected);
    if (c->send.length != length || (length != 0 && c->send.places != 1u << row->place))
        fail_msg("%s: expected a reply of %u bytes, found %u to %x", row->what, length, c->send.length, c->send.places);
    for (uint32_t i = 0; i < length; i++)
        if (c->reply[i] != expected[i])
            fail_msg("%s: reply, byte %u: expected %02x, found %02x", row->what, i, expected[i], c->reply[i]);
}

static void
test_table(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const struct gate_row *row = &gate_rows[i];
        struct call c;
        prepare(&c, row);
        enum jn_gate_loss loss = run(&c, row, c.length);
        if (loss != row->loss)
            fail_msg("%s: expected %s, found %s", row->what, jn_gate_loss_word(row->loss), jn_gate_loss_word(loss));
        check_send(&c, row);
        check_host(&c, row, row->after, row->place_after);
        uint64_t counted = 0;
        if (row->counter >= 0)
            memcpy(&counted, (const char *)&c.x.counters + row->counter, sizeof(counted));
        if (row->counter >= 0 && counted != 1)
            fail_msg("%s: counter: expected 1, found %llu", row->what, (unsigned long long)counted);
    }
}

// Nor does a frame to be refused count as anything.
static void
test_counters_of_what_is_ignored(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const struct gate_row *row = &gate_rows[i];
        struct call c;
        struct jn_gate_counters none = {0};
        if (row->counter >= 0)
            continue;
        prepare(&c, row);
        run(&c, row, c.length);
        if (memcmp(&c.x.counters, &none, sizeof(none)) != 0)
            fail_msg("%s: counted", row->what);
    }
}

static void
test_every_truncation_is_harmless(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const struct gate_row *row = &gate_rows[i];
        struct call c;
        prepare(&c, row);
        // What is behind ARP, or behind an option, is padding.
        uint32_t whole = c.frame[13] == 6 ? 42 : c.length;
        for (uint32_t length = 14; length < whole; length += length < 100 ? 1 : 131) {
            prepare(&c, row);
            enum jn_gate_loss loss = run(&c, row, length);
            if (loss == JN_GATE_LOSS_COUNT && c.send.length != 0)
                fail_msg("%s cut to %u bytes: answered", row->what, length);
            check_host(&c, row, row->before, row->place_before);
        }
    }
}

static void
test_no_reply_beyond_its_room(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const struct gate_row *row = &gate_rows[i];
        struct call c;
        uint32_t wanted = (uint32_t)strlen(row->reply) / 2;
        for (uint32_t room = wanted > 2 ? wanted - 2 : wanted; room < wanted; room++) {
            prepare(&c, row);
            c.send = (struct jn_gate_send){.frame = malloc(room), .room = room};
            assert_non_null(c.send.frame);
            run(&c, row, c.length);
            free(c.send.frame);
            assert_int_equal(c.send.length, 0);
        }
    }
}

static const struct gate_row *
row_named(const char *what) {
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(gate_rows[i].what, what) == 0)
            return &gate_rows[i];
    fail_msg("no row: %s", what);
    return NULL;
}

static bool
tick(struct call *c, uint64_t now_ns) {
    c->send = (struct jn_gate_send){.frame = c->reply, .room = ROOM};
    return jn_gate_tick(&c->x.engine, now_ns, &c->send);
}

// Without redirection nothing is asked for but what is wanted.
static void
prepare_idle(struct call *c) {
    prepare(c, row_named("answer of a host that nobody named"));
    c->x.gate.flags = 0;
    jn_gate_open(&c->x.engine, NOW);
    assert_false(tick(c, NOW));
}

static void
test_wanted_host_is_asked_for_five_times(void **state) {
    (void)state;
    static const uint8_t guest[16] = {10, 254, 7, 7};
    struct call c;
    uint64_t at[8];
    unsigned int asked = 0;
    prepare_idle(&c);
    jn_gate_want(&c.x.engine, 4, guest, NOW);
    for (uint64_t now = NOW; now < NOW + 20 * FIXTURE_SECOND; now += FIXTURE_SECOND / 10) {
        while (tick(&c, now)) {
            assert_true(asked < 5);
            at[asked++] = now - NOW;
            assert_int_equal(c.send.places, 0xf); // nobody knows where it is
            assert_memory_equal(c.reply, "\xff\xff\xff\xff\xff\xff", 6);
            assert_memory_equal(c.reply + 38, guest, 4);
        }
    }
    assert_int_equal(asked, 5);
    for (unsigned int i = 0; i < 5; i++)
        assert_true(at[i] == i * FIXTURE_SECOND);
    assert_null(gate_fixture_host(&c.x.state, 4, guest));
    jn_gate_want(&c.x.engine, 4, guest, NOW + 20 * FIXTURE_SECOND);
    assert_true(tick(&c, NOW + 20 * FIXTURE_SECOND));
}

static void
test_named_host_is_asked_for_at_its_peer(void **state) {
    (void)state;
    static const uint8_t host[16] = {10, 254, 0, 4};
    struct call c;
    prepare_idle(&c);
    jn_gate_want(&c.x.engine, 4, host, NOW);
    assert_true(tick(&c, NOW));
    assert_int_equal(c.send.places, 1 << 2);
    assert_false(tick(&c, NOW));
    const struct gate_row *row = row_named("answer of a named host");
    c.length = gate_fixture_decode(row->frame, c.frame);
    assert_int_equal(run(&c, row, c.length), JN_GATE_LOSS_COUNT);
    assert_true(jn_gate_host_way(&c.x.state, 4, host) == UINT64_C(0x010202000000000c));
    // Half a minute later by unicast, three times; then it is not known any more.
    unsigned int asked = 0;
    for (uint64_t now = NOW; now < NOW + 40 * FIXTURE_SECOND; now += FIXTURE_SECOND / 10) {
        while (tick(&c, now)) {
            asked++;
            assert_true(now >= NOW + 30 * FIXTURE_SECOND);
            assert_int_equal(c.send.places, 1 << 2);
            assert_memory_equal(c.reply, "\x02\0\0\0\0\x0c", 6);
        }
    }
    assert_int_equal(asked, 3);
    assert_true(jn_gate_host_way(&c.x.state, 4, host) == 0);
    assert_non_null(gate_fixture_host(&c.x.state, 4, host));
}

static void
test_only_hosts_of_the_network_are_wanted(void **state) {
    (void)state;
    static const uint8_t rows[][16] = {
        {10, 254, 0, 1}, {10, 254, 255, 255}, {10, 254, 0, 0}, {10, 128, 10, 5}, {198, 18, 0, 9}, {224, 0, 0, 1}, {0},
    };
    struct call c;
    prepare_idle(&c);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        jn_gate_want(&c.x.engine, 4, rows[i], NOW);
        assert_false(tick(&c, NOW));
        assert_null(gate_fixture_host(&c.x.state, 4, rows[i]));
    }
}

// Who looks for everybody costs no more than the table's size a second, and displaces nobody who is known.
static void
test_wanting_everybody_is_bounded(void **state) {
    (void)state;
    static const uint8_t guest[16] = {10, 254, 7, 7};
    const struct gate_row *row = row_named("answer of a host that nobody named");
    struct call c;
    unsigned int asked = 0;
    prepare_idle(&c);
    assert_int_equal(run(&c, row, c.length), JN_GATE_LOSS_COUNT);
    for (unsigned int i = 0; i < 20000; i++) {
        uint64_t now = NOW + i * FIXTURE_SECOND / 2000;
        const uint8_t other[16] = {10, 254, (uint8_t)(100 + i / 256), (uint8_t)i};
        jn_gate_want(&c.x.engine, 4, other, now);
        asked += tick(&c, now);
    }
    assert_in_range(asked, 32, 11 * 32);
    assert_true(jn_gate_host_way(&c.x.state, 4, guest) != 0);
}

// Announcement of 10.254.a.b from the MAC 02:00:00:00:a:b.
static enum jn_gate_loss
announce(struct call *c, unsigned int place, uint8_t a, uint8_t b, uint64_t now_ns) {
    uint8_t frame[42] = {[0] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, a,  b,   8, 6, 0,         1,   8, 0,
                         6,          4,    0,    1,    2,    0,    0, 0, a, b, 10, 254, a, b, [38] = 10, 254, a, b};
    return jn_gate_neighbour(&c->x.engine, place, frame, sizeof(frame), NULL, now_ns, &c->send);
}

static void
test_learned_hosts_are_bounded_and_the_oldest_goes(void **state) {
    (void)state;
    struct call c;
    prepare_idle(&c);
    for (unsigned int i = 0; i < 40; i++)
        assert_int_equal(announce(&c, 2, 9, (uint8_t)(i + 1), NOW + i), JN_GATE_LOSS_COUNT);
    for (unsigned int i = 0; i < 40; i++) {
        const uint8_t address[16] = {10, 254, 9, (uint8_t)(i + 1)};
        assert_int_equal(jn_gate_host_way(&c.x.state, 4, address) != 0, i >= 8);
    }
}

static void
test_learned_host_is_forgotten(void **state) {
    (void)state;
    static const uint8_t address[16] = {10, 254, 9, 9};
    struct call c;
    prepare_idle(&c);
    announce(&c, 2, 9, 9, NOW);
    assert_false(tick(&c, NOW + 299 * FIXTURE_SECOND));
    assert_true(jn_gate_host_way(&c.x.state, 4, address) != 0);
    announce(&c, 2, 9, 9, NOW + 299 * FIXTURE_SECOND);
    assert_false(tick(&c, NOW + 500 * FIXTURE_SECOND));
    assert_true(jn_gate_host_way(&c.x.state, 4, address) != 0);
    assert_false(tick(&c, NOW + 600 * FIXTURE_SECOND));
    assert_null(gate_fixture_host(&c.x.state, 4, address));
}

// What was learned at a peer that is gone goes with it; a host that is named from now on is no guest any more.
static void
test_policy_takes_away_what_was_learned(void **state) {
    (void)state;
    static const uint8_t at_2[16] = {10, 254, 9, 1}, at_3[16] = {10, 254, 9, 2}, host[16] = {10, 254, 0, 4};
    struct jn_gate_peer renamed = fixture_peers[3];
    struct call c;
    prepare_idle(&c);
    announce(&c, 2, 9, 1, NOW);
    announce(&c, 3, 9, 2, NOW);
    announce(&c, 2, 0, 4, NOW);
    assert_true(jn_gate_host_way(&c.x.state, 4, host) != 0);
    c.x.engine.peers[2] = NULL;
    renamed.has_inner[0] = 1;
    memcpy(renamed.inner[0], at_3, 16);
    c.x.engine.peers[3] = &renamed;
    jn_gate_open(&c.x.engine, NOW);
    assert_true(jn_gate_host_way(&c.x.state, 4, host) == 0);
    assert_false(tick(&c, NOW + 1));
    assert_null(gate_fixture_host(&c.x.state, 4, at_2));
    assert_ptr_equal(gate_fixture_host(&c.x.state, 4, at_3), &c.x.state.hosts[6]);
    for (unsigned int i = JN_GATE_NAMED; i < JN_GATE_HOSTS; i++)
        assert_true(c.x.state.hosts[i].neighbour.link == 0);
    assert_int_equal(announce(&c, 1, 9, 2, NOW + 2), JN_GATE_LOST_POISON);
    assert_int_equal(announce(&c, 3, 9, 2, NOW + 2), JN_GATE_LOSS_COUNT);
}

static void
test_another_vni_starts_anew(void **state) {
    (void)state;
    static const uint8_t host[16] = {10, 254, 0, 4}, guest[16] = {10, 254, 9, 1};
    struct call c;
    prepare_idle(&c);
    announce(&c, 2, 0, 4, NOW);
    announce(&c, 2, 9, 1, NOW);
    jn_gate_open(&c.x.engine, NOW); // the same: all is kept
    assert_true(jn_gate_host_way(&c.x.state, 4, host) != 0 && jn_gate_host_way(&c.x.state, 4, guest) != 0);
    c.x.gate.vni++;
    jn_gate_open(&c.x.engine, NOW);
    assert_true(jn_gate_host_way(&c.x.state, 4, host) == 0);
    assert_non_null(gate_fixture_host(&c.x.state, 4, host));
    assert_null(gate_fixture_host(&c.x.state, 4, guest));
    assert_int_equal(c.x.state.vni, 11);
}

static void
test_close(void **state) {
    (void)state;
    struct call c;
    prepare_idle(&c);
    announce(&c, 2, 0, 4, NOW);
    jn_gate_close(&c.x.state);
    assert_int_equal(c.x.state.vni, 0);
    assert_true(c.x.state.way == 0);
    for (unsigned int i = 0; i < JN_GATE_HOSTS; i++)
        assert_true(c.x.state.hosts[i].neighbour.link == 0 && c.x.state.hosts[i].way == 0);
    for (unsigned int i = 0; i < JN_GATE_PEERS; i++)
        assert_int_equal(c.x.state.next_hop[i], 0xffff);
}

// One that the main thread has let go of stays so.
static void
test_closed_host_is_not_learned(void **state) {
    (void)state;
    struct call c;
    prepare_idle(&c);
    jn_neighbour_close(&c.x.state.hosts[4].neighbour);
    announce(&c, 2, 0, 4, NOW);
    assert_true(c.x.state.hosts[4].neighbour.link == 0);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_counters_of_what_is_ignored),
        cmocka_unit_test(test_every_truncation_is_harmless),
        cmocka_unit_test(test_no_reply_beyond_its_room),
        cmocka_unit_test(test_wanted_host_is_asked_for_five_times),
        cmocka_unit_test(test_named_host_is_asked_for_at_its_peer),
        cmocka_unit_test(test_only_hosts_of_the_network_are_wanted),
        cmocka_unit_test(test_wanting_everybody_is_bounded),
        cmocka_unit_test(test_learned_hosts_are_bounded_and_the_oldest_goes),
        cmocka_unit_test(test_learned_host_is_forgotten),
        cmocka_unit_test(test_policy_takes_away_what_was_learned),
        cmocka_unit_test(test_another_vni_starts_anew),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_closed_host_is_not_learned),
    };
    return cmocka_run_group_tests_name("gate_engine", tests, NULL, NULL);
}
