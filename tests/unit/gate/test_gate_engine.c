// SPDX-License-Identifier: BSD-3-Clause
// The engine of a virtual network: frames in; loss, reply (built independently by scapy), counters and hosts after.
#include "gate/gate_inside.h"
#include "gate_fixture.h"
#include "lists.h"
#include "packet/parse.h"
#include "test.h"
#include "vectors/gate_vectors.h"

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
    gate_fixture_init(&c->x);
    c->length = hex_decode(row->frame, c->frame);
    c->send = (struct jn_gate_send){.frame = c->reply, .room = ROOM};
    hex_decode(row->host, c->address);
    if (row->before == 0)
        return;
    struct jn_gate_host *host = gate_fixture_host(&c->x.state, row->family, c->address);
    if (host == NULL) {
        host = &c->x.state.hosts[JN_GATE_HOSTS - 1];
        jn_gate_host_open(&c->x.state, JN_GATE_HOSTS - 1, row->family, c->address);
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
    uint32_t length = hex_decode(row->reply, expected);
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
            fail_msg("%s: expected %s, found %s", row->what, jn_list_word(&jn_gate_loss_list, row->loss),
                     jn_list_word(&jn_gate_loss_list, loss));
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

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_counters_of_what_is_ignored),
        cmocka_unit_test(test_every_truncation_is_harmless),
        cmocka_unit_test(test_no_reply_beyond_its_room),
    };
    return cmocka_run_group_tests_name("gate_engine", tests, NULL, NULL);
}
