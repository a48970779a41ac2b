// SPDX-License-Identifier: BSD-3-Clause
// The neighbours region: the link word, and a region's fields never trusted.
#include "neighbour.h"
#include "region.h"

static void
test_link_holds_state_and_mac(void **state) {
    (void)state;
    const uint8_t mac[6] = {0xfe, 0x01, 0x80, 0x00, 0x7f, 0xff};
    uint8_t back[6];
    uint64_t link = jn_link_make(JN_NEIGHBOUR_PROBE, mac);
    assert_true(link == UINT64_C(0x0003fe0180007fff));
    assert_int_equal(jn_link_state(link), JN_NEIGHBOUR_PROBE);
    jn_link_mac(link, back);
    assert_memory_equal(back, mac, 6);
}

static void *
fresh(size_t *size) {
    *size = jn_neighbours_size(2);
    struct jn_neighbours_region *region = region_memory(*size);
    region->worker_count = 2;
    memset(region->next_hop, 0xff, sizeof(region->next_hop));
    region->next_hop[JN_MAX_PEERS - 1] = 7;
    struct jn_neighbour *last = &region->neighbours[JN_MAX_NEIGHBOURS - 1];
    *last = (struct jn_neighbour){.family = 6, .port = JN_MAX_PORTS - 1, .vlan = JN_ANY_VLAN};
    last->link = (uint64_t)JN_NEIGHBOUR_PROBE << 48;
    return region;
}

static int
check(const void *region, size_t size, char err[JN_ERR_MAX]) {
    return jn_neighbours_check(region, size, err);
}

#define REGION(field)    FIELD(jn_neighbours_region, field)
#define NEIGHBOUR(field) REGION(neighbours[JN_MAX_NEIGHBOURS - 1].field)

static void
test_corrupt_region_is_refused(void **state) {
    (void)state;
    static const struct corruption rows[] = {
        {"no worker", REGION(worker_count), 0},
        {"a worker more than it has room for", REGION(worker_count), 3},
        {"too many workers", REGION(worker_count), JN_MAX_WORKERS + 1},
        {"unknown state", NEIGHBOUR(link), UINT64_C(4) << 48},
        {"no family", NEIGHBOUR(family), 0},
        {"port out of range", NEIGHBOUR(port), JN_MAX_PORTS},
        {"VLAN out of range", NEIGHBOUR(vlan), 4095},
        {"next hop out of range", REGION(next_hop[0]), JN_MAX_NEIGHBOURS},
        {"next hop just under none", REGION(next_hop[JN_MAX_PEERS - 1]), 0xfffe},
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
        cmocka_unit_test(test_link_holds_state_and_mac),
        cmocka_unit_test(test_corrupt_region_is_refused),
        cmocka_unit_test(test_short_region_is_refused),
    };
    return cmocka_run_group_tests_name("neighbour", tests, NULL, NULL);
}
