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
    host->neighbour.state_mac = row->before;
    host->peer_idx = row->peer_idx_before;
    host->heard_ns = NOW - row->age_s * FIXTURE_SECOND;
    if (row->before >> 48 != JN_NEIGHBOUR_INCOMPLETE)
        host->target = jn_target_make(JN_TARGET_PEER, row->peer_idx_before, row->before);
}

// `frame`: a copy that ends where its allocation ends, so that the sanitizer sees one byte too many.
static enum jn_gate_drop
run(struct call *c, const struct gate_row *row, uint32_t length) {
    uint8_t *allocation = malloc(length + 1), *frame = allocation + 1;
    struct jn_packet packet;
    assert_non_null(allocation);
    memcpy(frame, c->frame, length);
    jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &packet);
    bool ip = packet.flags & JN_PACKET_IP;
    enum jn_gate_drop drop = (row->own ? jn_gate_own_packet : jn_gate_neighbour)(
        &c->x.engine, row->peer_idx, frame, length, ip ? &packet : NULL, NOW, &c->send);
    free(allocation);
    return drop;
}

static void
check_host(struct call *c, const struct gate_row *row, uint64_t state_mac, uint8_t peer_idx) {
    if (row->family == 0)
        return;
    const struct jn_gate_host *host = gate_fixture_host(&c->x.state, row->family, c->address);
    uint64_t found = host != NULL ? host->neighbour.state_mac : 0;
    if (found != state_mac || (host != NULL && host->peer_idx != peer_idx))
        fail_msg("%s: expected %016llx at %u, found %016llx at %u", row->what, (unsigned long long)state_mac, peer_idx,
                 (unsigned long long)found, host != NULL ? host->peer_idx : 0);
    bool known = state_mac >> 48 > JN_NEIGHBOUR_INCOMPLETE;
    uint64_t target = jn_gate_host_target(&c->x.state, row->family, c->address);
    if (target != (known ? jn_target_make(JN_TARGET_PEER, peer_idx, state_mac) : 0))
        fail_msg("%s: way %016llx", row->what, (unsigned long long)target);
}

static void
check_send(const struct call *c, const struct gate_row *row) {
    uint8_t expected[ROOM];
    uint32_t length = hex_decode(row->reply, expected);
    if (c->send.length != length || (length != 0 && c->send.peer_bits != 1u << row->peer_idx))
        fail_msg("%s: expected a reply of %u bytes, found %u to %x", row->what, length, c->send.length,
                 c->send.peer_bits);
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
        enum jn_gate_drop drop = run(&c, row, c.length);
        if (drop != row->drop)
            fail_msg("%s: expected %s, found %s", row->what, jn_list_word(&jn_gate_drop_list, row->drop),
                     jn_list_word(&jn_gate_drop_list, drop));
        check_send(&c, row);
        check_host(&c, row, row->after, row->peer_idx_after);
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
            enum jn_gate_drop drop = run(&c, row, length);
            if (drop == JN_GATE_DROP_COUNT && c.send.length != 0)
                fail_msg("%s cut to %u bytes: answered", row->what, length);
            check_host(&c, row, row->before, row->peer_idx_before);
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
