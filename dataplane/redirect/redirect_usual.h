// SPDX-License-Identifier: BSD-3-Clause
// The bulk of what is redirected: whole TCP and UDP packets of known flows, in buffers of their own, that fit into the tunnel.
// What they have in common is looked at once a burst. All else takes the long way, which treats these alike.
#pragma once

#include "core/burst.h"
#include "redirect/redirect_send.h"
#include "tunnel/vxlan_ready.h"

struct jn_redirect_usual {
    struct jn_vxlan_ready header;
    uint32_t mtu;     // bytes of the longest IP packet
    uint8_t families; // bit 0: IPv4 may be redirected, bit 1: IPv6; 0: nothing goes this way
};

// By a usable path.
void jn_redirect_usual_begin(struct jn_redirect_usual *usual, const struct jn_redirect_path *path,
                             const struct jn_burst *burst);

// Send the usual packets from packet i of the burst on, up to the first of another kind or another VPG: its number, or the
// burst's count. Packet i is of the path's VPG. Their mbufs are gone.
unsigned int jn_redirect_usual_run(struct jn_worker *worker, const struct jn_redirect_usual *usual,
                                   const struct jn_burst *burst, unsigned int i, struct jn_redirect_path *path,
                                   struct jn_outgoing *out);
