// SPDX-License-Identifier: BSD-3-Clause
// A mirroring peer as the workers see it.
#pragma once

#include "neighbour.h"
#include "tunnel/encap.h"

// One enabled mirroring peer with a route. Main thread makes it, with the ruleset; workers read it, and
// write nothing but the path MTU in `encap`.
struct jn_mirror_peer {
    struct jn_encap encap;
    const struct jn_peer *peer;
    const struct jn_neighbour *next_hop; // its state and MAC change at any time
    uint16_t mirror_idx;                 // of counters and state
    uint16_t port;                       // tunnel port
    uint16_t mark;                       // of its address, in *learned
    uint32_t mtu;                        // of the port: bytes of an outer IP packet
    uint64_t *learned;                   // path MTU, in the neighbours region (lib/path_mtu.h)
    bool sequenced;
};
