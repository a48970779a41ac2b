// SPDX-License-Identifier: BSD-3-Clause
// The bulk of what comes back: TCP and UDP packets without anything to notice, whole, from a VPG's gateway. A burst of them is
// looked at at once: outer headers by the pattern of the peer before, inner headers by the burst's parser. All else takes the
// long way (redirect/vxlan_input.h), which treats these alike.
#pragma once

#include "core/burst.h"
#include "core/worker.h"
#include "gate/vnet.h"

struct jn_vxlan_usual {
    uint64_t mask; // packets of the burst that are usual; of the others the rest says nothing
    const struct jn_vnet_source *source[JN_BURST];
    const uint8_t *frame[JN_BURST];   // inner frame
    uint8_t nth[JN_BURST];            // its place among inner packets
    struct jn_packet inner[JN_BURST]; // offsets from the inner frame's first byte
    // Taken and not yet counted.
    const struct jn_vnet_source *counted;
    uint64_t packets, bytes;
};

// Of packet i, a usual one.
static inline const struct jn_packet *
jn_vxlan_usual_inner(const struct jn_vxlan_usual *usual, unsigned int i) {
    return &usual->inner[usual->nth[i]];
}

// Look at a parsed burst that came in by a tunnel port.
void jn_vxlan_usual_look(const struct jn_worker *worker, const struct jn_burst *burst, struct jn_vxlan_usual *usual);

// Take in packet i, a usual one, its mbuf too: it waits for jn_reinject_send.
void jn_vxlan_usual_take(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i,
                         struct jn_vxlan_usual *usual);

// Count what was taken.
void jn_vxlan_usual_count(struct jn_worker *worker, struct jn_vxlan_usual *usual);
