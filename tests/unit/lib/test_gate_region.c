// SPDX-License-Identifier: BSD-3-Clause
// The gates region: the redirect target, and a region's fields never trusted.
#include "gate.h"
#include "region.h"

static void
test_target_holds_kind_peer_and_mac(void **state) {
    (void)state;
    uint64_t state_mac = UINT64_C(0x0002fe0180007fff), target = jn_target_make(JN_TARGET_PEER, 15, state_mac);
    assert_true(target == UINT64_C(0x010ffe0180007fff));
    assert_int_equal(jn_target_kind(target), JN_TARGET_PEER);
    assert_int_equal(jn_target_peer_idx(target), 15);
    assert_true(jn_target_make(JN_TARGET_NONE, 0, 0) == 0);
}

enum { VPGS = 9, USED = 5 };

static void *
fresh(size_t *size) {
    *size = jn_gates_size(2, VPGS);
    struct jn_gates_region *region = region_memory(*size);
    region->worker_count = 2;
    region->vpg_capacity = VPGS;
    region->vpg_used = USED;
    memset(&region->gates[USED], 0xff, (VPGS - USED) * sizeof(struct jn_gate_state)); // nobody looks there
    struct jn_gate_state *gate = &region->gates[USED - 1];
    *gate = (struct jn_gate_state){.vni = JN_MAX_VNI, .owner_port = JN_MAX_PORTS - 1};
    memset(gate->next_hop, 0xff, sizeof(gate->next_hop));
    gate->target = jn_target_make(JN_TARGET_PEER, JN_GATE_PEERS - 1, 1);
    gate->health[0] = (struct jn_health){.state = JN_HEALTH_UP, .peer_idx = JN_GATE_PEERS - 1};
    gate->health[1] = (struct jn_health){.state = JN_HEALTH_UNUSED, .peer_idx = JN_NO_PEER};
    struct jn_gate_host *last = &gate->hosts[JN_GATE_HOSTS - 1];
    *last = (struct jn_gate_host){.peer_idx = JN_NO_PEER, .neighbour = {.family = 6}};
    last->neighbour.state_mac = (uint64_t)JN_NEIGHBOUR_PROBE << 48;
    return region;
}

static int
check(const void *region, size_t size, char err[JN_ERR_MAX]) {
    return jn_gates_check(region, size, err);
}

#define REGION(field) FIELD(jn_gates_region, field)
#define GATE_AT(field)                                                                                                 \
    sizeof(struct jn_gates_region) + (USED - 1) * sizeof(struct jn_gate_state) + offsetof(struct jn_gate_state, field)
#define GATE(field) GATE_AT(field), sizeof(((struct jn_gate_state *)0)->field)
#define HOST(field) GATE(hosts[JN_GATE_HOSTS - 1].field)

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
        {"VNI of 25 bits", GATE(vni), JN_MAX_VNI + 1},
        {"owner's port out of range", GATE(owner_port), JN_MAX_PORTS},
        {"unknown target", GATE(target), (uint64_t)(JN_TARGET_DROP + 1) << 56},
        {"target with a peer index out of range", GATE(target), UINT64_C(0x0110) << 48},
        {"next hop out of range", GATE(next_hop[0]), JN_MAX_NEIGHBOURS},
        {"next hop just under none", GATE(next_hop[JN_GATE_PEERS - 1]), 0xfffe},
        {"unknown health", GATE(health[1].state), JN_HEALTH_UP + 1},
        {"gateway without a peer", GATE(health[0].peer_idx), JN_GATE_PEERS},
        {"host in an unknown state", HOST(neighbour.state_mac), UINT64_C(4) << 48},
        {"host without a family", HOST(neighbour.family), 0},
        {"host of a peer index out of range", HOST(peer_idx), JN_GATE_PEERS},
        {"host with an unknown target", HOST(target), (uint64_t)(JN_TARGET_DROP + 1) << 56},
        {"host with a target out of range", HOST(target), UINT64_C(0x01ff) << 48},
    };
    expect_refused(rows, COUNT(rows), fresh, check);
}

// What is in the entries that are not in use may be anything.
static void
test_unused_entries_are_not_looked_at(void **state) {
    (void)state;
    size_t size;
    char err[JN_ERR_MAX] = "";
    struct jn_gates_region *region = fresh(&size);
    memset(&region->gates[0], 0xff, sizeof(region->gates[0]));
    region->gates[0].vni = 0;
    struct jn_gate_host *host = &region->gates[USED - 1].hosts[0];
    memset(host, 0xff, sizeof(*host));
    host->neighbour.state_mac = 0;
    assert_int_equal(jn_gates_check(region, size, err), 0);
    free(region);
}

static void
test_short_region_is_refused(void **state) {
    (void)state;
    expect_short_is_refused(sizeof(struct jn_gates_region), fresh, check);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target_holds_kind_peer_and_mac),
        cmocka_unit_test(test_corrupt_region_is_refused),
        cmocka_unit_test(test_unused_entries_are_not_looked_at),
        cmocka_unit_test(test_short_region_is_refused),
    };
    return cmocka_run_group_tests_name("gate_region", tests, NULL, NULL);
}
