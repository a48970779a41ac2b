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

// Send packet i of the burst by that path, whole or in fragments, or tell its sender that it is too long. Its mbuf is
// gone.
void jn_redirect_send(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i,
                      struct jn_redirect_path *path, struct jn_outgoing *out);

// Count what was sent by the path since.
void jn_redirect_path_count(struct jn_worker *worker, struct jn_redirect_path *path);
