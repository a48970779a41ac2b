// SPDX-License-Identifier: BSD-3-Clause
#include "gate/network.h"

#include <stdlib.h>

#include "address.h"

bool
jn_network_is_near(const struct jn_network *network, const uint8_t address[16], bool v6) {
    const struct jn_gate *gate = network->engine.gate;
    return gate->length[v6] != 0 && jn_prefix_holds(gate->address[v6], gate->length[v6], address);
}

bool
jn_network_has_peer(const struct jn_network *network, const uint8_t *outer, uint8_t family) {
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
