// SPDX-License-Identifier: BSD-3-Clause
#include "redirect/network_meet.h"

#include <string.h>

#include "policy/ruleset.h"
#include "redirect/redirect_state.h"

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
        struct jn_gate_counters *counters = &worker->redirect->counters[slot];
        struct jn_met *met = &worker->redirect->met[slot];
        if (network == NULL)
            continue;
        if (met->network != network->engine.identity)
            memset(counters, 0, sizeof(*counters));
        met->network = network->engine.identity;
        meet_peers(counters, met, network);
    }
}
