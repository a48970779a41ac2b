// SPDX-License-Identifier: BSD-3-Clause
// Counters of bursts against counting one packet after the other; the lanes must hold a full burst of one kind.
#include "flow/inspect.h"
#include "test.h"

// As the stages hand a burst over.
static void
inspect(struct jn_vpg_counters *counters, const struct jn_packet *packets, const uint32_t *bytes, unsigned int count) {
    uint32_t kind[JN_BURST], ip_length[JN_BURST];
    for (unsigned int i = 0; i < count; i++) {
        kind[i] = jn_packet_kind(&packets[i]);
        ip_length[i] = packets[i].flags & JN_PACKET_IP ? packets[i].ip_length : 0;
    }
    jn_inspect_count(counters, kind, ip_length, bytes, count);
}

static void
test_a_full_burst_of_everything(void **state) {
    (void)state;
    struct jn_vpg_counters c = {0};
    struct jn_packet packets[JN_BURST];
    uint32_t bytes[JN_BURST];
    for (unsigned int i = 0; i < JN_BURST; i++) {
        packets[i] = (struct jn_packet){.flags = JN_PACKET_IP | JN_PACKET_VLAN | JN_PACKET_MPLS | JN_PACKET_PPPOE |
                                                 JN_PACKET_FRAGMENT,
                                        .protocol = 6,
                                        .ip_length = 1500};
        bytes[i] = 1526;
    }
    for (int burst = 0; burst < 1000; burst++)
        inspect(&c, packets, bytes, JN_BURST);
    assert_int_equal(c.total_packets, 64000);
    assert_int_equal(c.total_bytes, 64000ull * 1526);
    assert_int_equal(c.ip_packets, 64000);
    assert_int_equal(c.ip_length, 64000ull * 1500);
    assert_int_equal(c.tcp_packets, 64000);
    assert_int_equal(c.udp_packets, 0);
    assert_int_equal(c.vlan_packets, 64000);
    assert_int_equal(c.mpls_packets, 64000);
    assert_int_equal(c.pppoe_packets, 64000);
    assert_int_equal(c.fragmented_packets, 64000);
    assert_int_equal(c.size_1500_up, 64000);
    assert_int_equal(c.size_max, 1500);
}

static void
test_sizes_at_every_edge(void **state) {
    (void)state;
    static const struct {
        uint32_t length;
        size_t counter;
    } rows[] = {
#define ROW(n, c) {n, offsetof(struct jn_vpg_counters, c)}
        ROW(20, size_0_64),        ROW(63, size_0_64),        ROW(64, size_64_128),    ROW(127, size_64_128),
        ROW(128, size_128_256),    ROW(255, size_128_256),    ROW(256, size_256_1024), ROW(1023, size_256_1024),
        ROW(1024, size_1024_1500), ROW(1499, size_1024_1500), ROW(1500, size_1500_up), ROW(65535, size_1500_up),
#undef ROW
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_vpg_counters c = {0};
        struct jn_packet p = {.flags = JN_PACKET_IP, .protocol = 17, .ip_length = rows[i].length};
        uint32_t bytes = rows[i].length + 14;
        uint64_t found, all = 0;
        inspect(&c, &p, &bytes, 1);
        memcpy(&found, (char *)&c + rows[i].counter, sizeof(found));
        for (int b = 0; b < 6; b++)
            all += (&c.size_0_64)[b];
        if (found != 1 || all != 1)
            fail_msg("length %u counted in the wrong bucket", rows[i].length);
        assert_int_equal(c.size_max, rows[i].length);
    }
}

static void
test_what_is_not_ip_counts_as_a_frame_alone(void **state) {
    (void)state;
    struct jn_vpg_counters c = {0};
    struct jn_packet packets[2] = {
        {.flags = 0, .protocol = 6},
        {.flags = JN_PACKET_IP | JN_PACKET_IPV6 | JN_PACKET_FRAGMENT | JN_PACKET_LATER_FRAGMENT,
         .protocol = 17,
         .ip_length = 100}};
    const uint32_t bytes[2] = {60, 114};
    inspect(&c, packets, bytes, 2);
    assert_int_equal(c.total_packets, 2);
    assert_int_equal(c.total_bytes, 174);
    assert_int_equal(c.ip_packets, 1);
    assert_int_equal(c.ip_bytes, 114);
    assert_int_equal(c.tcp_packets, 0);
    assert_int_equal(c.udp_packets, 0); // an IPv6 later fragment is counted as its own chain ends
    assert_int_equal(c.fragmented_packets, 1);
}

// Counting one packet after the other, as plainly as it can be done.
static void
count_plainly(struct jn_vpg_counters *c, const struct jn_packet *p, uint32_t bytes) {
    static const uint32_t sizes[] = {64, 128, 256, 1024, 1500, UINT32_MAX};
    unsigned int size = 0;
    uint8_t protocol = jn_packet_counted_protocol(p);
    c->total_packets++;
    c->total_bytes += bytes;
    c->vlan_packets += (p->flags & JN_PACKET_VLAN) != 0;
    c->mpls_packets += (p->flags & JN_PACKET_MPLS) != 0;
    c->pppoe_packets += (p->flags & JN_PACKET_PPPOE) != 0;
    c->fragmented_packets += (p->flags & JN_PACKET_FRAGMENT) != 0;
    if (!(p->flags & JN_PACKET_IP))
        return;
    while (p->ip_length >= sizes[size])
        size++;
    (&c->size_0_64)[size]++;
    c->ip_packets++;
    c->ip_bytes += bytes;
    c->ip_length += p->ip_length;
    c->tcp_packets += protocol == JN_IP_TCP;
    c->udp_packets += protocol == JN_IP_UDP;
    if (p->ip_length > c->size_max)
        c->size_max = p->ip_length;
}

// Bursts of every length, whatever is in them.
static void
test_any_burst_as_counted_plainly(void **state) {
    (void)state;
    static const uint8_t protocols[] = {JN_IP_TCP, JN_IP_UDP, JN_IP_ICMP, 0, 255};
    static const uint32_t lengths[] = {20, 63, 64, 127, 128, 255, 256, 1023, 1024, 1499, 1500, 9000, 65535, 1u << 30};
    struct jn_vpg_counters wanted = {0}, found = {0};
    uint64_t random = 1;
    for (unsigned int round = 0; round < 2000; round++) {
        struct jn_packet packets[JN_BURST] = {0};
        uint32_t bytes[JN_BURST];
        unsigned int count = round % (JN_BURST + 1);
        for (unsigned int i = 0; i < count; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            packets[i].flags = (uint32_t)(random >> 40) & (2u * JN_PACKET_HEADERLESS - 1);
            packets[i].protocol = protocols[(random >> 20) % (sizeof(protocols) / sizeof(protocols[0]))];
            packets[i].ip_length = lengths[(random >> 30) % (sizeof(lengths) / sizeof(lengths[0]))];
            bytes[i] = packets[i].ip_length + 14;
            count_plainly(&wanted, &packets[i], bytes[i]);
        }
        inspect(&found, packets, bytes, count);
        assert_memory_equal(&found, &wanted, sizeof(found));
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_full_burst_of_everything),
        cmocka_unit_test(test_sizes_at_every_edge),
        cmocka_unit_test(test_what_is_not_ip_counts_as_a_frame_alone),
        cmocka_unit_test(test_any_burst_as_counted_plainly),
    };
    return cmocka_run_group_tests_name("inspect", tests, NULL, NULL);
}
