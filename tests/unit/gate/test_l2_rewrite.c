// SPDX-License-Identifier: BSD-3-Clause
// Stations: what flows showed of a wire's Ethernet addresses is found again.
#include "flow.h"
#include "gate/l2_rewrite.h"
#include "test.h"

#define SECOND UINT64_C(1000000000)

static const uint8_t device_mac[6] = {2, 0, 0, 0, 0, 0x0d}, remote_mac[6] = {2, 0, 0, 0, 0, 0x0e};

enum { ENTRIES = 8192, ATTACHED = 8 };

static struct jn_l2_table *
make_table(void) {
    const struct jn_hash_key key = jn_hash_key_of(42);
    struct jn_l2_table *l2_table = jn_l2_table_make(JN_MAX_VPGS, ENTRIES, &key);
    assert_non_null(l2_table);
    for (uint16_t vpg_idx = 0; vpg_idx < ATTACHED; vpg_idx++)
        assert_int_equal(jn_l2_rewrite_attach(l2_table, vpg_idx), 0);
    return l2_table;
}

// End a, with the lower address, is the device unless `b_is_device`.
static struct jn_flow_entry
entry_of(uint16_t vpg_idx, uint32_t device, bool b_is_device, uint16_t flags) {
    struct jn_flow_entry entry = {.key1 = (uint64_t)vpg_idx << 52, .flags = flags, .vlan_tci = 7};
    uint32_t big = htobe32(device);
    memcpy(entry.address[b_is_device], &big, sizeof(big));
    entry.address[!b_is_device][0] = 198;
    memcpy(entry.mac[b_is_device], device_mac, 6);
    memcpy(entry.mac[!b_is_device], remote_mac, 6);
    return entry;
}

static bool
find(const struct jn_l2_table *l2_table, uint16_t vpg_idx, uint32_t device, struct jn_l2_rewrite *out) {
    uint8_t address[16] = {0};
    uint32_t big = htobe32(device);
    memcpy(address, &big, sizeof(big));
    return jn_l2_rewrite_find(l2_table, vpg_idx, 4, address, out);
}

static void
expect(const struct jn_l2_table *l2_table, uint16_t vpg_idx, uint32_t device, uint8_t last) {
    struct jn_l2_rewrite found;
    uint8_t mac[6];
    memcpy(mac, device_mac, 6);
    mac[5] = last;
    assert_true(find(l2_table, vpg_idx, device, &found));
    assert_memory_equal(found.device, mac, 6);
    assert_memory_equal(found.remote, remote_mac, 6);
    assert_int_equal(found.vlan_tci, 7);
}

static void
test_the_end_on_the_access_side(void **state) {
    (void)state;
    static const struct {
        const char *what;
        uint16_t flags;
        bool b_is_device;
    } rows[] = {
        {"a is the device", JN_FLOW_DEVICE_A, false},
        {"a is the device, b began", JN_FLOW_DEVICE_A | JN_FLOW_INITIATOR_B | JN_FLOW_FROM_NETWORK, false},
        {"b is the device, a began", JN_FLOW_DEVICE_B | JN_FLOW_FROM_NETWORK, true},
        {"b is the device, b began", JN_FLOW_DEVICE_B | JN_FLOW_INITIATOR_B, true},
        {"none is, a began from the access side", 0, false},
        {"none is, b began from the access side", JN_FLOW_INITIATOR_B, true},
        {"none is, a began from the network", JN_FLOW_FROM_NETWORK, true},
        {"none is, b began from the network", JN_FLOW_FROM_NETWORK | JN_FLOW_INITIATOR_B, false},
        {"both are, a began from the access side", JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B, false},
        {"both are, a began from the network", JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B | JN_FLOW_FROM_NETWORK, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_l2_table *l2_table = make_table();
        struct jn_flow_entry entry = entry_of(3, 0x0a800005, rows[i].b_is_device, rows[i].flags);
        struct jn_l2_rewrite found;
        jn_l2_rewrite_learn(l2_table, &entry, SECOND);
        if (!find(l2_table, 3, 0x0a800005, &found) || memcmp(found.device, device_mac, 6) != 0 ||
            memcmp(found.remote, remote_mac, 6) != 0)
            fail_msg("%s: not found as the device", rows[i].what);
        jn_l2_table_free(l2_table);
    }
}

// A spoofed packet, or one that came round: of the end on the access side it says nothing that can be believed.
static void
test_a_device_on_the_network_side(void **state) {
    (void)state;
    static const uint16_t rows[] = {JN_FLOW_DEVICE_A | JN_FLOW_FROM_NETWORK, JN_FLOW_DEVICE_A | JN_FLOW_INITIATOR_B,
                                    JN_FLOW_DEVICE_B, JN_FLOW_DEVICE_B | JN_FLOW_INITIATOR_B | JN_FLOW_FROM_NETWORK};
    struct jn_l2_table *l2_table = make_table();
    struct jn_l2_rewrite found;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (unsigned int b_is_device = 0; b_is_device < 2; b_is_device++) {
            struct jn_flow_entry entry = entry_of(3, 0x0a800005, b_is_device, rows[i]);
            jn_l2_rewrite_learn(l2_table, &entry, SECOND);
            assert_false(find(l2_table, 3, 0x0a800005, &found));
            assert_false(jn_l2_rewrite_last(l2_table, 3, &found));
        }
    }
    jn_l2_table_free(l2_table);
}

static void
test_a_device_and_the_last_of_its_vpg(void **state) {
    (void)state;
    struct jn_l2_table *l2_table = make_table();
    struct jn_l2_rewrite found;
    assert_false(find(l2_table, 3, 0x0a800005, &found));
    for (uint8_t n = 1; n < 4; n++) {
        struct jn_flow_entry entry = entry_of(3, 0x0a800000u + n, false, JN_FLOW_DEVICE_A);
        entry.mac[0][5] = n;
        jn_l2_rewrite_learn(l2_table, &entry, n * SECOND);
    }
    for (uint8_t n = 1; n < 4; n++)
        expect(l2_table, 3, 0x0a800000u + n, n);
    assert_false(find(l2_table, 3, 0x0a800063, &found));
    assert_true(jn_l2_rewrite_last(l2_table, 3, &found));
    assert_int_equal(found.device[5], 3);
    assert_false(find(l2_table, 4, 0x0a800001, &found));
    assert_false(jn_l2_rewrite_last(l2_table, 4, &found));
    assert_false(jn_l2_rewrite_last(l2_table, JN_MAX_VPGS, &found));
    jn_l2_table_free(l2_table);
}

static void
expect_last(const struct jn_l2_table *l2_table, uint16_t vpg_idx, uint8_t mac, bool one_of_several) {
    struct jn_l2_rewrite found;
    assert_true(jn_l2_rewrite_last(l2_table, vpg_idx, &found));
    assert_int_equal(found.device[5], mac);
    assert_int_equal(found.one_of_several, one_of_several);
}

// Once devices of the VPG have shown several, the last is no longer everybody's.
static void
test_one_of_several(void **state) {
    (void)state;
    static const struct {
        uint32_t device;
        uint8_t mac;
        bool one_of_several;
    } rows[] = {{1, 7, false}, {2, 7, false}, {1, 7, false}, {3, 8, true}, {3, 8, true}, {1, 7, true}, {2, 7, true}};
    struct jn_l2_table *l2_table = make_table();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_flow_entry entry = entry_of(3, 0x0a800000u + rows[i].device, false, JN_FLOW_DEVICE_A);
        entry.mac[0][5] = rows[i].mac;
        jn_l2_rewrite_learn(l2_table, &entry, (i + 1) * 10 * SECOND);
        expect_last(l2_table, 3, rows[i].mac, rows[i].one_of_several);
    }
    struct jn_flow_entry other = entry_of(4, 0x0a800001, false, JN_FLOW_DEVICE_A);
    jn_l2_rewrite_learn(l2_table, &other, SECOND);
    expect_last(l2_table, 4, 0x0d, false);
    jn_l2_rewrite_detach(l2_table, 3);
    other = entry_of(3, 0x0a800001, false, JN_FLOW_DEVICE_A);
    jn_l2_rewrite_learn(l2_table, &other, SECOND);
    expect_last(l2_table, 3, 0x0d, false);
    jn_l2_table_free(l2_table);
}

static void
test_families_are_apart(void **state) {
    (void)state;
    struct jn_l2_table *l2_table = make_table();
    struct jn_flow_entry four = entry_of(0, 0x0a800005, false, JN_FLOW_DEVICE_A), six = four;
    struct jn_l2_rewrite found;
    six.flags |= JN_FLOW_IPV6;
    six.mac[0][5] = 6;
    jn_l2_rewrite_learn(l2_table, &six, SECOND);
    jn_l2_rewrite_learn(l2_table, &four, 2 * SECOND);
    expect(l2_table, 0, 0x0a800005, 0x0d);
    assert_true(jn_l2_rewrite_find(l2_table, 0, 6, six.address[0], &found));
    assert_int_equal(found.device[5], 6);
    jn_l2_table_free(l2_table);
}

static void
test_a_device_moves(void **state) {
    (void)state;
    struct jn_l2_table *l2_table = make_table();
    struct jn_flow_entry entry = entry_of(0, 0x0a800005, false, JN_FLOW_DEVICE_A);
    for (uint8_t n = 0; n < 200; n++) {
        entry.mac[0][5] = n;
        jn_l2_rewrite_learn(l2_table, &entry, SECOND + n); // at once: only what is known already waits
        expect(l2_table, 0, 0x0a800005, n);
    }
    jn_l2_table_free(l2_table);
}

static void
test_nothing_is_learned_of_no_ethernet(void **state) {
    (void)state;
    struct jn_l2_table *l2_table = make_table();
    struct jn_flow_entry entry = entry_of(0, 0x0a800005, false, JN_FLOW_DEVICE_A);
    struct jn_l2_rewrite found;
    for (int end = 0; end < 2; end++) {
        struct jn_flow_entry half = entry;
        memset(half.mac[end], 0, 6);
        jn_l2_rewrite_learn(l2_table, &half, SECOND);
        assert_false(find(l2_table, 0, 0x0a800005, &found));
    }
    memset(entry.mac, 0, sizeof(entry.mac));
    jn_l2_rewrite_learn(l2_table, &entry, SECOND);
    assert_false(find(l2_table, 0, 0x0a800005, &found));
    jn_l2_table_free(l2_table);
}

// More devices than there is room for: the last ones are known.
static void
test_the_oldest_leave(void **state) {
    (void)state;
    enum { DEVICES = 4 * ENTRIES };
    struct jn_l2_table *l2_table = make_table();
    struct jn_l2_rewrite found;
    unsigned int exact = 0, recent = 0;
    for (uint32_t n = 0; n < DEVICES; n++) {
        struct jn_flow_entry entry = entry_of(1, 0x0a800000u + n, false, JN_FLOW_DEVICE_A);
        memcpy(entry.mac[0] + 2, &n, sizeof(n));
        jn_l2_rewrite_learn(l2_table, &entry, SECOND + n);
    }
    for (uint32_t n = 0; n < DEVICES; n++) {
        bool known = find(l2_table, 1, 0x0a800000u + n, &found);
        assert_true(!known || memcmp(found.device + 2, &n, sizeof(n)) == 0);
        exact += known;
        recent += known && n >= DEVICES - ENTRIES / 8;
    }
    assert_in_range(exact, ENTRIES * 3 / 4, ENTRIES + 1);
    assert_in_range(recent, ENTRIES / 8 * 95 / 100, ENTRIES / 8);
    jn_l2_table_free(l2_table);
}

static void
test_who_is_seen_again_stays(void **state) {
    (void)state;
    struct jn_l2_table *l2_table = make_table();
    struct jn_flow_entry usual = entry_of(1, 0x0a800005, false, JN_FLOW_DEVICE_A);
    for (uint32_t n = 0; n < 4 * ENTRIES; n++) {
        struct jn_flow_entry entry = entry_of(1, 0x0a900000u + n, false, JN_FLOW_DEVICE_A);
        jn_l2_rewrite_learn(l2_table, &usual, (n + 1) * SECOND);
        jn_l2_rewrite_learn(l2_table, &entry, (n + 1) * SECOND);
        expect(l2_table, 1, 0x0a800005, 0x0d);
    }
    jn_l2_table_free(l2_table);
}

// However many devices another VPG has, or makes up.
static void
test_no_vpg_evicts_another_s(void **state) {
    (void)state;
    struct jn_l2_table *l2_table = make_table();
    struct jn_flow_entry entry = entry_of(2, 0x0a800005, false, JN_FLOW_DEVICE_A);
    struct jn_l2_rewrite found;
    jn_l2_rewrite_learn(l2_table, &entry, SECOND);
    for (uint32_t n = 0; n < 8 * ENTRIES; n++) {
        struct jn_flow_entry other = entry_of(1, 0x0a800000u + n, false, JN_FLOW_DEVICE_A);
        jn_l2_rewrite_learn(l2_table, &other, 2 * SECOND + n);
    }
    expect(l2_table, 2, 0x0a800005, 0x0d);
    entry = entry_of(ATTACHED, 0x0a800005, false, JN_FLOW_DEVICE_A);
    jn_l2_rewrite_learn(l2_table, &entry, SECOND);
    assert_false(find(l2_table, ATTACHED, 0x0a800005, &found));
    jn_l2_table_free(l2_table);
}

// Addresses that a hash without a key put into one bucket: a ^ b * C is the same for all.
static void
test_addresses_that_were_chosen(void **state) {
    (void)state;
    enum { CHOSEN = 64 };
    struct jn_l2_table *l2_table = make_table();
    struct jn_l2_rewrite found;
    uint8_t address[CHOSEN][16];
    unsigned int known = 0;
    for (uint64_t n = 0; n < CHOSEN; n++) {
        uint64_t half[2] = {UINT64_C(0xfd) ^ n * UINT64_C(0x9e3779b97f4a7c15), n};
        struct jn_flow_entry entry = entry_of(1, 0, false, JN_FLOW_DEVICE_A | JN_FLOW_IPV6);
        memcpy(address[n], half, 16);
        memcpy(entry.address[0], half, 16);
        jn_l2_rewrite_learn(l2_table, &entry, SECOND);
    }
    for (unsigned int n = 0; n < CHOSEN; n++)
        known += jn_l2_rewrite_find(l2_table, 1, 6, address[n], &found);
    assert_in_range(known, CHOSEN * 9 / 10, CHOSEN);
    jn_l2_table_free(l2_table);
}

static void
test_a_vpg_is_forgotten(void **state) {
    (void)state;
    struct jn_l2_table *l2_table = make_table();
    struct jn_l2_rewrite found;
    for (uint32_t n = 0; n < 1000; n++) {
        struct jn_flow_entry entry = entry_of((uint16_t)(n % 2), 0x0a800000u + n, false, JN_FLOW_DEVICE_A);
        jn_l2_rewrite_learn(l2_table, &entry, SECOND + n);
    }
    jn_l2_rewrite_detach(l2_table, 0);
    for (uint32_t n = 0; n < 1000; n++)
        assert_int_equal(find(l2_table, (uint16_t)(n % 2), 0x0a800000u + n, &found), n % 2 == 1);
    assert_false(jn_l2_rewrite_last(l2_table, 0, &found));
    assert_true(jn_l2_rewrite_last(l2_table, 1, &found));
    struct jn_flow_entry entry = entry_of(0, 0x0a800000u, false, JN_FLOW_DEVICE_A);
    jn_l2_rewrite_learn(l2_table, &entry, SECOND);
    expect(l2_table, 0, 0x0a800000u, 0x0d);
    jn_l2_table_free(l2_table);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_end_on_the_access_side),
        cmocka_unit_test(test_a_device_on_the_network_side),
        cmocka_unit_test(test_a_device_and_the_last_of_its_vpg),
        cmocka_unit_test(test_one_of_several),
        cmocka_unit_test(test_families_are_apart),
        cmocka_unit_test(test_a_device_moves),
        cmocka_unit_test(test_nothing_is_learned_of_no_ethernet),
        cmocka_unit_test(test_the_oldest_leave),
        cmocka_unit_test(test_who_is_seen_again_stays),
        cmocka_unit_test(test_no_vpg_evicts_another_s),
        cmocka_unit_test(test_addresses_that_were_chosen),
        cmocka_unit_test(test_a_vpg_is_forgotten),
    };
    return cmocka_run_group_tests_name("L2 rewrite", tests, NULL, NULL);
}
