// SPDX-License-Identifier: BSD-3-Clause
// The bulk of what comes back: TCP and UDP packets without anything to notice, whole, from a VPG's gateway. They are known by
// their bytes, outer and inner headers, before anything is parsed. All else takes the long way (redirect/vxlan_input.h), which
// treats these alike.
#pragma once

#include "core/burst.h"
#include "core/worker.h"
#include "gate/vnet.h"
#include "packet/owner.h"

// Of a burst that came in by a tunnel port, which need not be parsed.
struct jn_vxlan_usual {
    const struct jn_owners *owners; // NULL: of one worker
    unsigned int owner;             // of the packet that was not taken in: another worker
    // The peer of the packet before, a gateway, which is tried first.
    const struct jn_vnet_source *source;
    const struct jn_vxlan_pattern *pattern;
    const struct jn_gate *gate;
    uint64_t vpg_and_vlan; // of the keys of its flows
    uint32_t inner_at;     // where the inner frame begins, from the outer frame's first byte
    uint32_t own;          // Junction's own inner address of IPv4 as it stands in a packet; 0: none, which no host has
    uint64_t outer, inner; // both frames' sources that were found right last
};

// owners: where other workers have flows, too; else NULL. Before the two below.
void jn_vxlan_usual_begin(struct jn_vxlan_usual *usual, const struct jn_owners *owners);

// The first usual packet from the from-th on; burst->count when there is none. Its peer is usual->source then.
unsigned int jn_vxlan_usual_find(const struct jn_worker *worker, const struct jn_burst *burst, unsigned int from,
                                 struct jn_vxlan_usual *usual);

// Take in the usual packets from the from-th on, their mbufs too, up to the first that is not usual or is another worker's, as
// usual->owner tells: its index, or burst->count. They wait for jn_reinject_send, in their order.
unsigned int jn_vxlan_usual_take(struct jn_worker *worker, const struct jn_burst *burst, unsigned int from,
                                 struct jn_vxlan_usual *usual);
