// SPDX-License-Identifier: BSD-3-Clause
#include "gate/network.h"

#include <stdlib.h>

bool
jn_network_has_peer(const struct jn_network *network, uint8_t family, const uint8_t *outer) {
    for (unsigned int place = 0; place < JN_GATE_PEERS; place++) {
        const struct jn_gate_peer *peer = network->engine.peers[place];
        if (peer != NULL && peer->outer_family == family && jn_address_equal(family, peer->outer, outer))
            return true;
    }
    return false;
}

void
jn_network_free(struct jn_network *network) {
    if (network == NULL)
        return;
    for (unsigned int place = 0; place < JN_GATE_PEERS; place++)
        free(network->link[place]);
    free(network);
}
