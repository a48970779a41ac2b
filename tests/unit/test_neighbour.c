// SPDX-License-Identifier: BSD-3-Clause
// The neighbours region: the link word, and a region's fields never trusted.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "neighbour.h"

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

enum { VPGS = 9, USED = 5 };

static struct jn_neighbours_region *
fresh_region(size_t *size) {
    *size = jn_neighbours_size(2, VPGS);
    struct jn_neighbours_region *region = aligned_alloc(64, (*size + 63) / 64 * 64);
    assert_non_null(region);
    memset(region, 0, *size);
    region->worker_count = 2;
    region->vpg_capacity = VPGS;
    region->vpg_used = USED;
    memset(jn_next_hops(region), 0xff, JN_VPG_PEERS * USED * sizeof(uint16_t));
    jn_next_hops(region)[JN_VPG_PEERS * USED - 1] = 7;
    memset(jn_next_hops(region) + JN_VPG_PEERS * USED, 0xfe, JN_VPG_PEERS * (VPGS - USED) * sizeof(uint16_t));
    struct jn_neighbour *last = &region->neighbours[JN_MAX_NEIGHBOURS - 1];
    *last = (struct jn_neighbour){.family = 6, .port = JN_MAX_PORTS - 1, .vlan = JN_ANY_VLAN};
    last->link = (uint64_t)JN_NEIGHBOUR_PROBE << 48;
    return region;
}

#define REGION(field)    offsetof(struct jn_neighbours_region, field), sizeof(((struct jn_neighbours_region *)0)->field)
#define NEIGHBOUR(field) REGION(neighbours[JN_MAX_NEIGHBOURS - 1].field)
#define NEXT_HOP(number)                                                                                               \
    sizeof(struct jn_neighbours_region) + 2 * JN_VPG_PEERS *VPGS * sizeof(struct jn_peer_counters) + 2 * (number), 2

static void
test_corrupt_region_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *what;
        size_t offset, width;
        uint64_t value;
    } rows[] = {
        {"no worker", REGION(worker_count), 0},
        {"a worker more than it has room for", REGION(worker_count), 3},
        {"too many workers", REGION(worker_count), JN_MAX_WORKERS + 1},
        {"a VPG more than it has room for", REGION(vpg_capacity), VPGS + 1},
        {"too many VPGs", REGION(vpg_capacity), JN_MAX_VPGS + 1},
        {"more VPGs in use than there is room for", REGION(vpg_used), VPGS + 1},
        {"unknown state", NEIGHBOUR(link), UINT64_C(4) << 48},
        {"no family", NEIGHBOUR(family), 0},
        {"port out of range", NEIGHBOUR(port), JN_MAX_PORTS},
        {"VLAN out of range", NEIGHBOUR(vlan), 4095},
        {"next hop out of range", NEXT_HOP(0), JN_MAX_NEIGHBOURS},
        {"next hop just under none", NEXT_HOP(JN_VPG_PEERS * USED - 1), 0xfffe},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t size;
        char err[JN_ERR_MAX] = "";
        struct jn_neighbours_region *region = fresh_region(&size);
        assert_int_equal(jn_neighbours_check(region, size, err), 0);
        memcpy((char *)region + rows[i].offset, &rows[i].value, rows[i].width);
        if (jn_neighbours_check(region, size, err) == 0 || err[0] == '\0')
            fail_msg("accepted: %s", rows[i].what);
        free(region);
    }
}

static void
test_short_region_is_refused(void **state) {
    (void)state;
    size_t size;
    char err[JN_ERR_MAX] = "";
    struct jn_neighbours_region *region = fresh_region(&size);
    assert_true(jn_neighbours_check(region, size - 1, err) < 0);
    assert_true(jn_neighbours_check(region, sizeof(*region) - 1, err) < 0);
    assert_true(jn_neighbours_check(region, 0, err) < 0);
    free(region);
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
