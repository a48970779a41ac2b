// SPDX-License-Identifier: BSD-3-Clause
// The path to a destination.
#pragma once

#include "neighbour.h"

struct jn_underlay_path {
    uint8_t next_hop[16]; // gateway, or the destination itself
    uint8_t source[16];   // own address there
    uint8_t family;       // of all three
    uint16_t port;
    uint16_t vlan_id; // 802.1Q tag, or JN_VLAN_ID_NONE: untagged
};

// Longest prefix match over the connected subnets of own addresses, and static routes; of equal length the connected
// one, then the first. A route whose gateway is in no connected subnet of its port (nor link-local, IPv6) is passed over.
// 0, -ENETUNREACH (no route), or -EINVAL: no address to send to (own, multicast, broadcast, loopback, unspecified).
// Main thread; reads nothing but its arguments.
int jn_underlay_route(const struct jn_underlay_address *addresses, uint32_t address_count,
                      const struct jn_route *routes, uint32_t route_count, const uint8_t destination[16],
                      uint8_t family, struct jn_underlay_path *path);
