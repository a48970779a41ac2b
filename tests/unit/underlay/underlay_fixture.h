// SPDX-License-Identifier: BSD-3-Clause
// An underlay for unit tests and fuzzer: what underlay_vectors.py takes for granted.
#pragma once

#include <string.h>

#include "hex.h"
#include "underlay/underlay.h"
#include "underlay/underlay_neighbour.h"
#include "underlay/underlay_route.h"

#define FIXTURE_NEIGHBOURS 5u
#define FIXTURE_MTU        1500u

static const struct jn_underlay_address fixture_addresses[] = {
    {.address = {198, 18, 0, 1}, .family = 4, .length = 24, .port = 0, .vlan_id = JN_VLAN_ID_NONE},
    {.address = {0xfd, 0, 0, 0x18, [15] = 1}, .family = 6, .length = 64, .port = 0, .vlan_id = JN_VLAN_ID_NONE},
    {.address = {198, 18, 1, 1}, .family = 4, .length = 24, .port = 0, .vlan_id = 100},
    {.address = {0xfd, 0, 0, 0x19, [15] = 1}, .family = 6, .length = 64, .port = 0, .vlan_id = 100},
    {.address = {198, 18, 2, 1}, .family = 4, .length = 24, .port = 1, .vlan_id = JN_VLAN_ID_NONE},
};

// In the order of their numbers.
static const struct jn_underlay_path fixture_paths[FIXTURE_NEIGHBOURS] = {
    {.next_hop = {198, 18, 0, 10}, .family = 4, .port = 0, .vlan_id = JN_VLAN_ID_NONE},
    {.next_hop = {0xfd, 0, 0, 0x18, [15] = 0x10}, .family = 6, .port = 0, .vlan_id = JN_VLAN_ID_NONE},
    {.next_hop = {198, 18, 1, 10}, .family = 4, .port = 0, .vlan_id = 100},
    {.next_hop = {0xfd, 0, 0, 0x19, [15] = 0x10}, .family = 6, .port = 0, .vlan_id = 100},
    {.next_hop = {0xfe, 0x80, [15] = 0x10}, .family = 6, .port = 0, .vlan_id = JN_VLAN_ID_NONE},
};

struct fixture {
    struct jn_underlay u;
    struct jn_neighbour neighbours[FIXTURE_NEIGHBOURS];
    struct jn_underlay_counters counters;
};

// All neighbours INCOMPLETE. False: the table did not take them as it should.
static inline bool
fixture_init(struct fixture *x) {
    memset(x, 0, sizeof(*x));
    x->u = (struct jn_underlay){.ports = 3,
                                .addresses = fixture_addresses,
                                .address_count = sizeof(fixture_addresses) / sizeof(fixture_addresses[0]),
                                .neighbours = x->neighbours,
                                .neighbour_count = FIXTURE_NEIGHBOURS,
                                .counters = &x->counters};
    for (uint8_t port = 0; port < 3; port++)
        x->u.port[port] = (struct jn_underlay_port){{2, 0, 0, 0, 0, port + 1}, FIXTURE_MTU};
    for (unsigned int i = 0; i < FIXTURE_NEIGHBOURS; i++)
        if (jn_neighbour_open(x->neighbours, FIXTURE_NEIGHBOURS, &fixture_paths[i]) != (int)i)
            return false;
    return true;
}
