// SPDX-License-Identifier: BSD-3-Clause
// The bulk of what is mirrored: frames in one piece that a peer gets whole, as Ethernet in GRE. What a burst's copies have in
// common is looked at once. All else takes the long way, which treats these alike.
#pragma once

#include "core/burst.h"
#include "core/worker.h"
#include "policy/mirror_peer.h"
#include "tunnel/encap_ready.h"

struct jn_mirror_usual {
    struct jn_encap_ready header;
    const struct jn_mirror_peer *to;
    uint32_t longest; // bytes of a frame that goes this way; 0: none does
};

// For a peer whose next hop is resolved. longest: bytes of a frame that the mirror stage copies, and does not share.
void jn_mirror_usual_begin(struct jn_mirror_usual *usual, const struct jn_worker *worker, const struct jn_burst *burst,
                           const struct jn_mirror_peer *to, uint64_t state_mac, uint32_t longest);

// Queue copies of the burst's packets in `mask`, lowest first, up to one that is not usual, as many as there are buffers
// (raw, of the pool of copies). Returns how many. sequence: of the first.
unsigned int jn_mirror_usual_run(struct jn_worker *worker, const struct jn_mirror_usual *usual,
                                 const struct jn_burst *burst, uint64_t mask, struct rte_mbuf **buffers,
                                 unsigned int count, uint32_t sequence);
