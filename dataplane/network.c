// SPDX-License-Identifier: BSD-3-Clause
#include "network.h"

#include <stdlib.h>

#include "underlay_frame.h"

static bool
is_from(const struct jn_network_source *source, uint32_t hash, const uint8_t *outer, uint8_t family) {
    const struct jn_gate_peer *peer = source->network->engine.peers[source->place];
    return source->hash == hash && peer->outer_family == family &&
           memcmp(peer->outer, outer, family == 4 ? 4 : 16) == 0;
}

const struct jn_network_source *
jn_network_find(const struct jn_network_sources *sources, const uint8_t *outer, uint8_t family, uint32_t vni) {
    const struct jn_network_source *any = NULL;
    uint32_t hash = jn_network_hash(outer, family);
    if (sources == NULL)
        return NULL;
    for (uint32_t i = hash & sources->mask; sources->at[i].network != NULL; i = (i + 1) & sources->mask) {
        const struct jn_network_source *source = &sources->at[i];
        if (!is_from(source, hash, outer, family))
            continue;
        if (source->network->arrivals.vni == vni)
            return source;
        any = source;
    }
    return any;
}

bool
jn_network_is_near(const struct jn_network *network, const uint8_t address[16], bool v6) {
    const struct jn_gate *gate = network->engine.gate;
    return gate->length[v6] != 0 && prefix_holds(gate->address[v6], gate->length[v6], address);
}

bool
jn_network_is_own(const struct jn_network *network, const uint8_t address[16], bool v6) {
    const struct jn_gate *gate = network->engine.gate;
    return gate->length[v6] != 0 && same_address(v6 ? 6 : 4, gate->address[v6], address);
}

bool
jn_network_has_peer(const struct jn_network *network, const uint8_t *outer, uint8_t family) {
    for (unsigned int place = 0; place < JN_GATE_PEERS; place++) {
        const struct jn_gate_peer *peer = network->engine.peers[place];
        if (peer != NULL && peer->outer_family == family && same_address(family, peer->outer, outer))
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
