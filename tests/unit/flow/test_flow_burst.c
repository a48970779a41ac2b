// SPDX-License-Identifier: BSD-3-Clause
// A burst's columns and the keys of its flows, made for all packets at once by each copy of the packet path, against what is
// said of each packet alone: frames of the parser's table, and of flows that go both ways, mixed at random.
#include <stdlib.h>

#include "flow/flow_key.h"
#include "hex.h"
#include "packet/bytes.h"
#include "packet/packets.h"
#include "path/path.h"
#include "random.h"
#include "test.h"

enum { ROWS = sizeof(packet_rows) / sizeof(packet_rows[0]), ROUNDS = 3000, ROOM = 2048, FLOWS = 100 };

static uint64_t random_state = RANDOM_SEED;
static uint8_t frames[JN_BURST][ROOM];
static struct jn_burst burst;
static struct jn_flow_table table;

static uint32_t
random_below(uint32_t limit) {
    random_next(&random_state);
    return (uint32_t)(random_state >> 32) % limit;
}

// One of few addresses, so that both are often the same; likewise ports.
static uint32_t
few_ends_ipv4(uint8_t *frame) {
    uint32_t length =
        hex_decode("02000000000b 02000000000a 0800 45000028 00010000 4006 0000 0a800005 c6120001 c0000050 "
                   "00000001 00000000 5010ffff 00000000 000000000000",
                   frame);
    for (unsigned int end = 0; end < 2; end++) {
        frame[26 + 4 * end] = random_below(2) ? 10 : 198; // the sign of a word decides nothing
        frame[27 + 4 * end] = 0;
        frame[29 + 4 * end] = (uint8_t)random_below(2);
        frame[34 + 2 * end] = random_below(2) ? 0xff : 0;
        frame[35 + 2 * end] = (uint8_t)random_below(2);
    }
    frame[23] = random_below(2) ? JN_IP_TCP : JN_IP_UDP;
    frame[47] = (uint8_t)random_below(256);
    return length;
}

static void
fill(void) {
    burst.count = 1 + random_below(JN_BURST);
    burst.link_type = JN_LINKTYPE_ETHERNET;
    bool alike = random_below(4) == 0;
    for (unsigned int i = 0; i < burst.count; i++) {
        const struct packet_row *row = &packet_rows[random_below(ROWS)];
        bool other = alike || random_below(2) || row->link_type != JN_LINKTYPE_ETHERNET;
        burst.data[i] = frames[i];
        burst.length[i] = other ? few_ends_ipv4(frames[i]) : hex_decode(row->hex, frames[i]);
        burst.bytes[i] = burst.length[i];
        burst.vpg_idx[i] = (uint16_t)random_below(4096);
    }
}

static void
check_columns(const struct jn_path *path) {
    struct jn_columns alone;
    memset(&burst.columns, 0x5a, sizeof(burst.columns));
    memset(burst.parsed, 0x5a, sizeof(burst.parsed));
    burst.lazy = random_below(2);
    path->parse(NULL, &burst);
    assert_true(burst.lazy || burst.columns.unwritten == 0);
    for (unsigned int i = 0; i < burst.count; i++) {
        const struct jn_columns *c = &burst.columns;
        struct jn_packet packet;
        jn_parse_frame(burst.data[i], burst.length[i], burst.bytes[i], burst.link_type, &packet);
        bool v4 = (packet.flags & (JN_PACKET_IP | JN_PACKET_IPV6)) == JN_PACKET_IP;
        bool unwritten = c->unwritten >> i & 1;
        assert_true(!unwritten || (v4 && packet.exceptions == 0 && (packet.flags & JN_PACKET_PORTS)));
        assert_true(unwritten || memcmp(&burst.parsed[i], &packet, sizeof(packet)) == 0);
        jn_columns_set(&alone, i, &packet);
        assert_int_equal(c->kind[i], alone.kind[i]);
        assert_int_equal(c->kind[i], jn_packet_kind(&packet));
        assert_int_equal(c->ip_length[i], alone.ip_length[i]);
        assert_int_equal(c->ports[i], alone.ports[i]);
        assert_int_equal(c->vlan_tci[i], packet.vlan_tci);
        assert_int_equal(c->tcp_flags[i], packet.tcp_flags);
        assert_true(!v4 || c->addresses[i] == alone.addresses[i]);
    }
}

static uint64_t
with_flow(void) {
    uint64_t flows = 0;
    for (unsigned int i = 0; i < burst.count; i++)
        flows |= (uint64_t)((burst.columns.kind[i] & (JN_PACKET_IP | JN_PACKET_FRAGMENT)) == JN_PACKET_IP) << i;
    return flows;
}

// Every other flow is added, under its key: what is in the table then is found, and nothing else.
static void
check_keys(const struct jn_path *path) {
    struct jn_flow_burst f;
    uint64_t place[JN_BURST];
    uint64_t flows = with_flow();
    burst.placed = true; // as the flow stage does it
    for (unsigned int i = 0; i < burst.count; i++) {
        burst.vlan_id[i] = burst.parsed[i].vlan_id = (uint16_t)random_below(4096);
        place[i] = jn_flow_place(burst.vlan_id[i], burst.vpg_idx[i]);
    }
    for (unsigned int again = 0; again < 2; again++) {
        path->flow_burst_find(&table, &burst, place, flows, &f);
        assert_true(f.flows == flows);
        for (unsigned int i = 0; i < burst.count; i++) {
            struct jn_flow_key key;
            if (!(flows >> i & 1))
                continue;
            jn_flow_key(&table, jn_burst_packet(&burst, i), burst.vpg_idx[i], &key);
            assert_int_equal(jn_burst_packet(&burst, i)->vlan_id, burst.vlan_id[i]);
            assert_true(f.key0[i] == key.key0 && f.key1[i] == key.key1 && f.end[i] == key.swapped);
            assert_true((f.v6 >> i & 1) == key.v6);
            uint32_t there = jn_flow_table_find(&table, &key);
            bool elsewhere = table.buckets[jn_flow_first_bucket(&table, key.hash)].overflowed != 0;
            assert_true(there == JN_FLOW_NONE || f.found[i] != JN_FLOW_NONE || elsewhere || again == 0);
            if (there != JN_FLOW_NONE && f.found[i] == there)
                assert_true(jn_flow_is(&table.entries[f.found[i]], &key));
            if (there == JN_FLOW_NONE && again == 0 && i % 2 == 0)
                assert_true(jn_flow_table_add(&table, &key) != JN_FLOW_NONE);
        }
    }
    while (table.header->active != 0) // none is left for the next burst
        for (uint32_t n = 0; n < table.header->high_water; n++)
            if (!jn_flow_is_free(&table.entries[n]))
                jn_flow_table_remove(&table, n);
}

static void
test_columns_and_keys(void **state) {
    (void)state;
    size_t size = jn_flow_region_size(1, FLOWS);
    struct jn_flow_region *region = aligned_alloc(64, (size + 63) / 64 * 64);
    memset(region, 0, size);
    jn_flow_region_init(region, 1, FLOWS);
    jn_flow_table_open(&table, region, 0, 42);
    for (unsigned int round = 0; round < ROUNDS; round++) {
        fill();
        for (unsigned int n = 0; jn_path_at(n, jn_isa_here()) != NULL; n++) {
            check_columns(jn_path_at(n, jn_isa_here()));
            check_keys(jn_path_at(n, jn_isa_here()));
        }
    }
    free(region);
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_columns_and_keys)};
    return cmocka_run_group_tests_name("flow burst", tests, NULL, NULL);
}
