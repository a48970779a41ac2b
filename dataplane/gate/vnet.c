// SPDX-License-Identifier: BSD-3-Clause
#include "gate/vnet.h"

#include <stdlib.h>

bool
jn_vnet_has_peer(const struct jn_vnet *vnet, uint8_t family, const uint8_t *outer) {
    for (unsigned int peer_idx = 0; peer_idx < JN_GATE_PEERS; peer_idx++) {
        const struct jn_gate_peer *peer = vnet->engine.peers[peer_idx];
        if (peer != NULL && peer->outer_family == family && jn_address_equal(family, peer->outer, outer))
            return true;
    }
    return false;
}

void
jn_vnet_free(struct jn_vnet *vnet) {
    if (vnet == NULL)
        return;
    for (unsigned int peer_idx = 0; peer_idx < JN_GATE_PEERS; peer_idx++)
        free(vnet->tunnel[peer_idx]);
    free(vnet);
}
