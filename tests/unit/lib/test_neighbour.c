// SPDX-License-Identifier: BSD-3-Clause
// The neighbours region: the state and MAC, and a region's fields never trusted.
#include "neighbour.h"
#include "region.h"

static void
test_state_and_mac_are_one_word(void **state) {
    (void)state;
    const uint8_t mac[6] = {0xfe, 0x01, 0x80, 0x00, 0x7f, 0xff};
    uint8_t back[6];
    uint64_t state_mac = jn_neighbour_state_mac(JN_NEIGHBOUR_PROBE, mac);
    assert_true(state_mac == UINT64_C(0x0003fe0180007fff));
    assert_int_equal(jn_neighbour_state_of(state_mac), JN_NEIGHBOUR_PROBE);
    jn_neighbour_mac_of(state_mac, back);
    assert_memory_equal(back, mac, 6);
}

enum { VPGS = 9, USED = 5 };

static void *
fresh(size_t *size) {
    *size = jn_neighbours_size(2, VPGS);
    struct jn_neighbours_region *region = region_memory(*size);
    region->worker_count = 2;
    region->vpg_capacity = VPGS;
    region->vpg_used = USED;
    memset(jn_next_hops(region), 0xff, JN_VPG_PEERS * USED * sizeof(uint16_t));
    jn_next_hops(region)[JN_VPG_PEERS * USED - 1] = 7;
    memset(jn_next_hops(region) + JN_VPG_PEERS * USED, 0xfe, JN_VPG_PEERS * (VPGS - USED) * sizeof(uint16_t));
    struct jn_neighbour *last = &region->neighbours[JN_MAX_NEIGHBOURS - 1];
    *last = (struct jn_neighbour){.family = 6, .port = JN_MAX_PORTS - 1, .vlan_id = JN_VLAN_ID_NONE};
    last->state_mac = (uint64_t)JN_NEIGHBOUR_PROBE << 48;
    return region;
}

static int
check(const void *region, size_t size, char err[JN_ERR_MAX]) {
    return jn_neighbours_check(region, size, err);
}

#define REGION(field)    FIELD(jn_neighbours_region, field)
#define NEIGHBOUR(field) REGION(neighbours[JN_MAX_NEIGHBOURS - 1].field)
#define NEXT_HOP(number)                                                                                               \
    sizeof(struct jn_neighbours_region) + 2 * JN_VPG_PEERS *VPGS * sizeof(struct jn_peer_counters) +                   \
        8 * JN_VPG_PEERS *VPGS + 2 * (number),                                                                         \
        2

static void
test_corrupt_region_is_refused(void **state) {
    (void)state;
    static const struct corruption rows[] = {
        {"no worker", REGION(worker_count), 0},
        {"a worker more than it has room for", REGION(worker_count), 3},
        {"too many workers", REGION(worker_count), JN_MAX_WORKERS + 1},
        {"a VPG more than it has room for", REGION(vpg_capacity), VPGS + 1},
        {"too many VPGs", REGION(vpg_capacity), JN_MAX_VPGS + 1},
        {"more VPGs in use than there is room for", REGION(vpg_used), VPGS + 1},
        {"unknown state", NEIGHBOUR(state_mac), UINT64_C(4) << 48},
        {"no family", NEIGHBOUR(family), 0},
        {"port out of range", NEIGHBOUR(port), JN_MAX_PORTS},
        {"VLAN out of range", NEIGHBOUR(vlan_id), 4095},
        {"next hop out of range", NEXT_HOP(0), JN_MAX_NEIGHBOURS},
        {"next hop just under none", NEXT_HOP(JN_VPG_PEERS * USED - 1), 0xfffe},
    };
    expect_refused(rows, COUNT(rows), fresh, check);
}

static void
test_short_region_is_refused(void **state) {
    (void)state;
    expect_short_is_refused(sizeof(struct jn_neighbours_region), fresh, check);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_and_mac_are_one_word),
        cmocka_unit_test(test_corrupt_region_is_refused),
        cmocka_unit_test(test_short_region_is_refused),
    };
    return cmocka_run_group_tests_name("neighbour", tests, NULL, NULL);
}
