// SPDX-License-Identifier: BSD-3-Clause
// The way to a destination: longest prefix, gateways, and what cannot be sent to.
#include <arpa/inet.h>
#include <errno.h>

#include "test.h"
#include "underlay/underlay_route.h"

static uint8_t
address(const char *text, uint8_t out[16]) {
    memset(out, 0, 16);
    if (inet_pton(AF_INET, text, out) == 1)
        return 4;
    if (inet_pton(AF_INET6, text, out) != 1)
        fail_msg("no address: %s", text);
    return 6;
}

static struct jn_underlay_address own[6];
static struct jn_route routes[12];
static unsigned int own_count, route_count;

static void
add_own(const char *text, uint8_t length, uint16_t port, uint16_t vlan_id) {
    struct jn_underlay_address *a = &own[own_count++];
    *a = (struct jn_underlay_address){.length = length, .port = port, .vlan_id = vlan_id};
    a->family = address(text, a->address);
}

static void
add_route(const char *to, uint8_t length, const char *via, uint16_t port) {
    struct jn_route *r = &routes[route_count++];
    *r = (struct jn_route){.port = port};
    r->to.length = length;
    r->to.family = address(to, r->to.address);
    address(via, r->via);
}

static int
set_up(void **state) {
    (void)state;
    own_count = route_count = 0;
    add_own("198.18.0.1", 24, 0, JN_VLAN_ID_NONE);
    add_own("198.18.2.1", 30, 1, 100);
    add_own("fd00:18::1", 64, 0, JN_VLAN_ID_NONE);
    add_own("fd00:19::1", 64, 1, 100);
    add_own("198.18.3.0", 31, 1, 100);
    add_own("198.18.4.1", 32, 1, 100);
    add_route("0.0.0.0", 0, "198.18.0.254", 0);
    add_route("10.0.0.0", 8, "198.18.0.253", 0);
    add_route("10.128.0.0", 9, "198.18.2.2", 1);
    add_route("10.128.0.0", 9, "198.18.0.252", 0);  // the first of equals wins
    add_route("10.200.0.0", 16, "198.18.9.9", 0);   // no such subnet there: passed over
    add_route("10.200.0.0", 17, "198.18.2.2", 0);   // nor on that port
    add_route("198.18.0.0", 24, "198.18.2.2", 1);   // the connected subnet goes first
    add_route("198.18.0.128", 25, "198.18.2.2", 1); // but for what is more specific
    add_route("::", 0, "fe80::1", 1);
    add_route("fd00:99::", 33, "fd00:18::fe", 0);
    add_route("10.255.255.9", 32, "198.18.0.1", 0); // own address as gateway: passed over
    return 0;
}

static void
test_table(void **state) {
    (void)state;
    static const struct {
        const char *to, *next_hop, *source;
        uint16_t port, vlan_id;
        int rc;
    } rows[] = {
        {"198.18.0.10", "198.18.0.10", "198.18.0.1", 0, JN_VLAN_ID_NONE, 0},
        {"198.18.0.200", "198.18.2.2", "198.18.2.1", 1, 100, 0},
        {"198.18.2.2", "198.18.2.2", "198.18.2.1", 1, 100, 0},
        {"198.18.3.1", "198.18.3.1", "198.18.3.0", 1, 100, 0},
        {"198.19.0.1", "198.18.0.254", "198.18.0.1", 0, JN_VLAN_ID_NONE, 0},
        {"10.1.2.3", "198.18.0.253", "198.18.0.1", 0, JN_VLAN_ID_NONE, 0},
        {"10.127.255.255", "198.18.0.253", "198.18.0.1", 0, JN_VLAN_ID_NONE, 0},
        {"10.128.0.0", "198.18.2.2", "198.18.2.1", 1, 100, 0},
        {"10.200.0.5", "198.18.2.2", "198.18.2.1", 1, 100, 0},
        {"10.255.255.9", "198.18.2.2", "198.18.2.1", 1, 100, 0},
        {"fd00:18::10", "fd00:18::10", "fd00:18::1", 0, JN_VLAN_ID_NONE, 0},
        {"fd00:99::5", "fd00:18::fe", "fd00:18::1", 0, JN_VLAN_ID_NONE, 0},
        {"fd00:99:8000::5", "fe80::1", "fd00:19::1", 1, 100, 0},
        {"198.18.0.1", NULL, NULL, 0, 0, -EINVAL},
        {"198.18.0.255", NULL, NULL, 0, 0, -EINVAL},
        {"198.18.0.0", NULL, NULL, 0, 0, -EINVAL},
        {"198.18.2.3", NULL, NULL, 0, 0, -EINVAL},
        {"198.18.4.1", NULL, NULL, 0, 0, -EINVAL},
        {"224.0.0.1", NULL, NULL, 0, 0, -EINVAL},
        {"255.255.255.255", NULL, NULL, 0, 0, -EINVAL},
        {"0.0.0.0", NULL, NULL, 0, 0, -EINVAL},
        {"127.0.0.1", NULL, NULL, 0, 0, -EINVAL},
        {"::", NULL, NULL, 0, 0, -EINVAL},
        {"::1", NULL, NULL, 0, 0, -EINVAL},
        {"ff02::1", NULL, NULL, 0, 0, -EINVAL},
        {"fd00:18::1", NULL, NULL, 0, 0, -EINVAL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t to[16], next_hop[16], source[16];
        struct jn_underlay_path path;
        uint8_t family = address(rows[i].to, to);
        int rc = jn_underlay_route(own, own_count, routes, route_count, to, family, &path);
        if (rc != rows[i].rc)
            fail_msg("%s: expected %d, found %d", rows[i].to, rows[i].rc, rc);
        if (rc != 0)
            continue;
        address(rows[i].next_hop, next_hop);
        address(rows[i].source, source);
        if (path.family != family || path.port != rows[i].port || path.vlan_id != rows[i].vlan_id ||
            memcmp(path.next_hop, next_hop, 16) != 0 || memcmp(path.source, source, 16) != 0)
            fail_msg("%s: another way, by port %u", rows[i].to, path.port);
    }
}

static void
test_no_route(void **state) {
    (void)state;
    uint8_t to[16];
    struct jn_underlay_path path;
    uint8_t family = address("10.1.2.3", to);
    assert_int_equal(jn_underlay_route(own, own_count, routes, 0, to, family, &path), -ENETUNREACH);
    assert_int_equal(jn_underlay_route(NULL, 0, routes, route_count, to, family, &path), -ENETUNREACH);
    assert_int_equal(jn_underlay_route(own, own_count, routes, route_count, to, 5, &path), -EINVAL);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_table, set_up),
        cmocka_unit_test_setup(test_no_route, set_up),
    };
    return cmocka_run_group_tests_name("underlay_route", tests, NULL, NULL);
}
