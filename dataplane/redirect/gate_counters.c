// SPDX-License-Identifier: BSD-3-Clause
#include "redirect/gate_counters.h"

#include <string.h>

#include "core/tx.h"

void
jn_gate_drop_packet(struct jn_worker *worker, uint16_t vpg_idx, enum jn_gate_drop why, struct rte_mbuf *mbuf) {
    jn_count(&jn_vnet_counters(worker, vpg_idx)->drops[why], 1);
    jn_tx_drop(worker, &mbuf, 1, JN_DROP_GATE);
}

static void
attach_peers(struct jn_gate_counters *counters, struct jn_gate_counted *counted, const struct jn_vnet *vnet) {
    for (unsigned int peer_idx = 0; peer_idx < JN_GATE_PEERS; peer_idx++) {
        const struct jn_gate_peer *peer = vnet->engine.peers[peer_idx];
        uint64_t outer[2] = {0};
        if (peer == NULL)
            continue;
        memcpy(outer, peer->outer, sizeof(outer));
        uint64_t hash = jn_hash_mix(outer[0] ^ peer->outer_family, outer[1] ^ UINT64_C(0x9e3779b97f4a7c15)) | 1;
        if (counted->peer[peer_idx] != hash)
            memset(&counters->peers[peer_idx], 0, sizeof(counters->peers[peer_idx]));
        counted->peer[peer_idx] = hash;
    }
}

void
jn_vnet_attach_anew(struct jn_worker *worker, uint16_t vpg_idx) {
    const struct jn_vnet *vnet = worker->rules->vnet[vpg_idx];
    struct jn_gate_counters *counters = &worker->redirect->counters[vpg_idx];
    struct jn_gate_counted *counted = &worker->redirect->counted[vpg_idx];
    counted->attached = worker->rules->generation | UINT32_C(0x10000);
    if (vnet == NULL)
        return;
    if (counted->vnet != vnet->engine.identity)
        memset(counters, 0, sizeof(*counters));
    counted->vnet = vnet->engine.identity;
    attach_peers(counters, counted, vnet);
}
