// SPDX-License-Identifier: BSD-3-Clause
#include "network.h"

#include <stdlib.h>

#include "pipeline.h"
#include "underlay_frame.h"

bool
jn_network_is_near(const struct jn_network *network, const uint8_t address[16], bool v6) {
    const struct jn_gate *gate = network->engine.gate;
    return gate->length[v6] != 0 && prefix_holds(gate->address[v6], gate->length[v6], address);
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

static void
meet_peers(struct jn_gate_counters *counters, struct jn_met *met, const struct jn_network *network) {
    for (unsigned int place = 0; place < JN_GATE_PEERS; place++) {
        const struct jn_gate_peer *peer = network->engine.peers[place];
        uint64_t outer[2] = {0};
        if (peer == NULL)
            continue;
        memcpy(outer, peer->outer, sizeof(outer));
        uint64_t hash = (uint64_t)jn_network_hash(outer, peer->outer_family) + 1;
        if (met->peer[place] != hash)
            memset(&counters->peers[place], 0, sizeof(counters->peers[place]));
        met->peer[place] = hash;
    }
}

void
jn_network_meet(struct jn_worker *worker, const struct jn_ruleset *next) {
    for (unsigned int slot = 0; slot < next->slots; slot++) {
        const struct jn_network *network = next->network[slot];
        struct jn_gate_counters *counters = &worker->redirect.counters[slot];
        struct jn_met *met = &worker->redirect.met[slot];
        if (network == NULL)
            continue;
        if (met->network != network->engine.identity)
            memset(counters, 0, sizeof(*counters));
        met->network = network->engine.identity;
        meet_peers(counters, met, network);
    }
}

void
jn_network_free(struct jn_network *network) {
    if (network == NULL)
        return;
    for (unsigned int place = 0; place < JN_GATE_PEERS; place++)
        free(network->link[place]);
    free(network);
}
