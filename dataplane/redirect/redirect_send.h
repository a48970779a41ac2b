// SPDX-License-Identifier: BSD-3-Clause
// A packet on its way to a peer of the virtual network.
#pragma once

#include "core/burst.h"
#include "core/outgoing.h"
#include "core/worker.h"
#include "gate/network.h"

// A way that packets take through a network, as it is for the moment.
struct jn_way {
    const struct jn_network *network;
    const struct jn_network_link *link;
    uint64_t hop;     // link word of the outer next hop
    uint64_t gateway; // inner MAC
    uint8_t place;
    uint32_t packets; // sent that way and not yet counted
    uint64_t bytes;
};

// Send packet i of the burst that way, in one piece or in fragments, or tell its sender that it is too long. Its mbuf is
// gone.
void jn_redirect_send(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, struct jn_way *way,
                      struct jn_outgoing *out);

// Count what was sent that way since.
void jn_way_count(struct jn_worker *worker, struct jn_way *way);
