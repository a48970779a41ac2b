// SPDX-License-Identifier: BSD-3-Clause
// A mirroring peer as the workers see it.
#pragma once

#include "neighbour.h"
#include "tunnel/encap.h"

// One enabled mirroring peer with a route. Main thread makes it, with the ruleset; workers read it.
struct jn_mirror_peer {
    struct jn_encap encap;
    const struct jn_peer *peer;
    const struct jn_neighbour *next_hop; // its state and MAC change at any time
    uint16_t mirror_idx;                 // of counters and state
    uint16_t port;                       // tunnel port
    bool sequenced;
};
