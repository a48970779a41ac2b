// SPDX-License-Identifier: BSD-3-Clause
// A mirroring peer as the workers see it.
#pragma once

#include "neighbour.h"
#include "packet/keyed_hash.h"
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

// All of them by address, for the errors that anyone can send. Open addressing; at most half full.
struct jn_mirror_addresses {
    struct jn_hash_key key;
    uint32_t mask;
    struct jn_mirror_address {
        uint8_t address[16];       // zeros behind an IPv4 address
        struct jn_mirror_peer *to; // NULL: free entry
    } at[];
};

static inline uint32_t
jn_mirror_address_hash(const struct jn_mirror_addresses *all, const uint8_t address[16]) {
    return (uint32_t)(jn_hash_address(&all->key, address) >> 32);
}

// The next peer from *at on with that address, of 16 bytes; *at then stands behind it. NULL: no more. *at begins as the hash.
static inline struct jn_mirror_peer *
jn_mirror_next(const struct jn_mirror_addresses *all, uint8_t family, const uint8_t address[16], uint32_t *at) {
    for (;; (*at)++) {
        const struct jn_mirror_address *one = &all->at[*at & all->mask];
        if (one->to == NULL)
            return NULL;
        if (memcmp(one->address, address, 16) == 0 && one->to->peer->family == family) {
            (*at)++;
            return one->to;
        }
    }
}
