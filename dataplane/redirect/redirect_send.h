// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/burst.h"
#include "core/tx.h"
#include "core/worker.h"
#include "gate/vnet.h"

// A resolved path through a virtual network.
struct jn_redirect_path {
    const struct jn_vnet *vnet;
    const struct jn_vnet_tunnel *tunnel;
    uint64_t state_mac; // state and MAC of the outer next hop
    uint64_t gateway;   // inner MAC
    uint8_t peer_idx;
    uint32_t packets; // sent by this path and not yet counted
    uint64_t bytes;
};

// For the outer source port. Both directions of a flow have one; fragments, which lack ports, have that of their addresses.
static inline uint32_t
jn_redirect_hash(const struct jn_hash_key *key, const struct jn_packet *packet) {
    uint32_t hash = jn_packet_address_hash(key, packet);
    if ((packet->flags & (JN_PACKET_PORTS | JN_PACKET_FRAGMENT)) != JN_PACKET_PORTS)
        return hash;
    return hash + ((uint32_t)packet->port[0] + packet->port[1]) * 0x85ebca6bu + packet->protocol;
}

// Send packet i of the burst by that path, whole or in fragments, or tell its sender that it is too long. Its mbuf is
// gone.
void jn_redirect_send(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i,
                      struct jn_redirect_path *path, struct jn_outgoing *out);

// Count what was sent by the path since.
void jn_redirect_path_count(struct jn_worker *worker, struct jn_redirect_path *path);
