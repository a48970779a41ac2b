// SPDX-License-Identifier: BSD-3-Clause
// Input from virtual networks: which peer sent it, whether it is valid, and where it goes.
#pragma once

#include "core/burst.h"
#include "core/worker.h"
#include "gate/vnet.h"

// What a frame to one of our underlay addresses is, UDP to port 4789 or a fragment.
struct jn_vxlan_input {
    const struct jn_vnet *vnet;
    uint8_t peer_idx; // of the peer that sent it
    bool own;         // an IP packet to one of Junction's own inner addresses
    enum jn_vxlan_outcome outcome;
    struct jn_vxlan_inner inner;
};

// The source of packet i of a burst that came in by a tunnel port. NULL: no peer's.
const struct jn_vnet_source *jn_vxlan_input_source(const struct jn_worker *worker, const struct jn_burst *burst,
                                                   unsigned int i);

// Is it the common case, which needs no underlay engine: whole, over untagged IPv4 without options, to the MAC and IP
// address that Junction sends to this peer from?
bool jn_vxlan_input_is_plain(const struct jn_burst *burst, unsigned int i, const struct jn_vnet_source *source);

// Parse and check it. source: NULL for no peer's. False: it was dropped and counted.
bool jn_vxlan_input_check(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i,
                          const struct jn_vnet_source *source, struct jn_vxlan_input *input);

// Take it in, its mbuf too: an IP packet waits for jn_reinject_send; ARP and neighbour discovery are the engine's, so the
// worker is the one that owns the gate. True: it is a host's packet to a device, now the one packet of `onward`, which
// runs through all stages like one that came in by the network port.
bool jn_vxlan_input_take(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i,
                         const struct jn_vxlan_input *input, struct jn_burst *onward);
