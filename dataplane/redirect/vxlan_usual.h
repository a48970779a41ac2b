// SPDX-License-Identifier: BSD-3-Clause
// The bulk of what comes back: TCP and UDP packets without anything to notice, whole, from a VPG's gateway. They are known by
// their bytes, outer and inner headers, before anything is parsed. All else takes the long way (redirect/vxlan_input.h), which
// treats these alike.
#pragma once

#include "core/burst.h"
#include "core/worker.h"
#include "gate/vnet.h"

struct jn_vxlan_usual {
    uint64_t mask; // packets of the burst that are usual; of the others the rest says nothing
    const struct jn_vnet_source *source[JN_BURST];
};

// Packet i, a usual one: where its inner frame begins, from the outer frame's first byte.
static inline uint32_t
jn_vxlan_usual_inner_at(const struct jn_vxlan_usual *usual, unsigned int i) {
    return jn_vxlan_inner_at(usual->source[i]->family == 6);
}

// Look at a burst that came in by a tunnel port. It need not be parsed.
void jn_vxlan_usual_look(const struct jn_worker *worker, const struct jn_burst *burst, struct jn_vxlan_usual *usual);

// Take in these packets, usual ones, their mbufs too: they wait for jn_reinject_send, in their order.
void jn_vxlan_usual_take(struct jn_worker *worker, const struct jn_burst *burst, uint64_t which,
                         const struct jn_vxlan_usual *usual);
