// SPDX-License-Identifier: BSD-3-Clause
// Fragments in every order: each packet ends up in a flow or among the orphans, once.
#include "flow/fragment.h"
#include "test.h"

#define BUCKETS 2u
#define TIMEOUT 1000u

static const struct jn_fragment_origin here = {.port_in = 1};
static struct jn_fragment entries[BUCKETS * JN_FRAGMENT_WAYS];

static struct jn_fragment_table
fresh_table(void) {
    memset(entries, 0, sizeof(entries));
    return (struct jn_fragment_table){
        .entries = entries, .bucket_count = BUCKETS, .timeout_ns = TIMEOUT, .key = jn_hash_key_of(7)};
}

static struct jn_packet
fragment(uint32_t id, bool first) {
    struct jn_packet p = {.flags = JN_PACKET_IP | JN_PACKET_FRAGMENT, .protocol = 17, .fragment_id = id};
    p.flags |= first ? JN_PACKET_PORTS : JN_PACKET_LATER_FRAGMENT;
    p.address[0][0] = 10;
    p.port[0] = first ? (uint16_t)(1000 + id) : 0;
    return p;
}

static void
test_in_order(void **state) {
    (void)state;
    struct jn_fragment_table table = fresh_table();
    struct jn_fragment taken;
    struct jn_packet first = fragment(1, true), later = fragment(1, false), other = fragment(2, false);
    assert_int_equal(jn_fragment_track(&table, &first, 0, 100, 1, &here, &taken), JN_FRAGMENT_PORTS);
    assert_int_equal(jn_fragment_track(&table, &later, 0, 100, 2, &here, &taken), JN_FRAGMENT_PORTS);
    assert_int_equal(later.port[0], 1001);
    assert_true(later.flags & JN_PACKET_PORTS);
    assert_int_equal(jn_fragment_track(&table, &other, 0, 100, 3, &here, &taken), JN_FRAGMENT_PENDING);
    struct jn_packet foreign = fragment(1, false); // the same datagram's name in another VPG
    assert_int_equal(jn_fragment_track(&table, &foreign, 1, 100, 4, &here, &taken), JN_FRAGMENT_PENDING);
}

static void
test_overtaking_fragments_are_credited(void **state) {
    (void)state;
    struct jn_fragment_table table = fresh_table();
    struct jn_fragment taken;
    for (int i = 0; i < 3; i++) {
        struct jn_packet later = fragment(5, false);
        assert_int_equal(jn_fragment_track(&table, &later, 0, 200, 1, &here, &taken), JN_FRAGMENT_PENDING);
        assert_int_equal(taken.pending_packets, 0);
    }
    struct jn_packet first = fragment(5, true);
    assert_int_equal(jn_fragment_track(&table, &first, 0, 100, 2, &here, &taken), JN_FRAGMENT_PORTS);
    assert_int_equal(taken.pending_packets, 3);
    assert_int_equal(taken.pending_bytes, 600);
    assert_int_equal(taken.port[0], 1005);
    assert_false(jn_fragment_expire(&table, UINT64_MAX, 100, &taken));
}

static void
test_a_flush_takes_off_what_is_on_account_and_no_more(void **state) {
    (void)state;
    struct jn_fragment_table table = fresh_table();
    struct jn_fragment taken;
    struct jn_packet first = fragment(1, true), known = fragment(1, false);
    jn_fragment_track(&table, &first, 0, 100, 1, &here, &taken);
    for (uint32_t id = 2; id < 5; id++) {
        struct jn_packet later = fragment(id, false);
        jn_fragment_track(&table, &later, 0, 200, 1, &here, &taken);
    }
    uint32_t packets = 0;
    while (jn_fragment_flush(&table, &taken)) {
        packets += taken.pending_packets;
        assert_false(taken.flags & JN_PACKET_PORTS);
    }
    assert_int_equal(packets, 3);
    assert_int_equal(table.pending, 0);
    assert_int_equal(jn_fragment_track(&table, &known, 0, 100, 2, &here, &taken), JN_FRAGMENT_PORTS);
}

static void
test_identification_used_again_after_the_timeout(void **state) {
    (void)state;
    struct jn_fragment_table table = fresh_table();
    struct jn_fragment taken;
    struct jn_packet first = fragment(9, true), late = fragment(9, false);
    jn_fragment_track(&table, &first, 0, 100, 1, &here, &taken);
    assert_int_equal(jn_fragment_track(&table, &late, 0, 100, 1 + TIMEOUT, &here, &taken), JN_FRAGMENT_PENDING);
}

static void
test_a_flood_loses_no_packet_from_the_sums(void **state) {
    (void)state;
    enum { FLOOD = 10000 };
    struct jn_fragment_table table = fresh_table();
    struct jn_fragment taken;
    uint64_t packets = 0, bytes = 0;
    for (uint32_t id = 0; id < FLOOD; id++) {
        struct jn_packet later = fragment(id, false);
        assert_int_equal(jn_fragment_track(&table, &later, 0, 60, id + 1, &here, &taken), JN_FRAGMENT_PENDING);
        assert_false(taken.pending_packets != 0 && (taken.flags & JN_PACKET_PORTS));
        packets += taken.pending_packets;
        bytes += taken.pending_packets != 0 ? taken.pending_bytes : 0;
    }
    assert_true(packets > 0);
    while (jn_fragment_expire(&table, UINT64_MAX, BUCKETS * JN_FRAGMENT_WAYS, &taken)) {
        packets += taken.pending_packets;
        bytes += taken.pending_bytes;
    }
    assert_int_equal(packets, FLOOD);
    assert_int_equal(bytes, FLOOD * 60);
}

// Sources and identifications whose difference is always the same: a key that is only added to it does not part them.
static void
test_identifications_that_were_chosen(void **state) {
    (void)state;
    enum { MANY = 256, CHOSEN = 64 };
    static struct jn_fragment many[MANY * JN_FRAGMENT_WAYS];
    struct jn_fragment_table table = {
        .entries = many, .bucket_count = MANY, .timeout_ns = TIMEOUT, .key = jn_hash_key_of(7)};
    struct jn_fragment taken;
    for (uint32_t n = 0; n < CHOSEN; n++) {
        uint32_t source = n ^ 0x12345678u;
        struct jn_packet first = fragment(n, true);
        memcpy(first.address[0], &source, sizeof(source));
        assert_int_equal(jn_fragment_track(&table, &first, 0, 100, 1, &here, &taken), JN_FRAGMENT_PORTS);
    }
    assert_in_range(table.forgotten, 0, 2);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order),
        cmocka_unit_test(test_identifications_that_were_chosen),
        cmocka_unit_test(test_overtaking_fragments_are_credited),
        cmocka_unit_test(test_a_flush_takes_off_what_is_on_account_and_no_more),
        cmocka_unit_test(test_identification_used_again_after_the_timeout),
        cmocka_unit_test(test_a_flood_loses_no_packet_from_the_sums),
    };
    return cmocka_run_group_tests_name("fragment", tests, NULL, NULL);
}
