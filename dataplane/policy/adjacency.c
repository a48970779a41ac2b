// SPDX-License-Identifier: BSD-3-Clause
#include "policy/adjacency.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate/gate_engine.h"
#include "gate/l2_rewrite.h"
#include "gate/vnet.h"
#include "policy/adjacency_next_hop.h"
#include "policy/adjacency_vnet.h"
#include "policy/mirror_peer.h"
#include "underlay/underlay_neighbour.h"
#include "underlay/underlay_route.h"

static int
add_peer(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions, const struct jn_adjacency_ports *ports,
         const struct jn_vpg *vpg, const struct jn_peer *peer) {
    struct jn_underlay_path path;
    uint16_t mirror_idx = (uint16_t)(vpg->vpg_idx * JN_VPG_PEERS + peer->peer_idx);
    struct jn_neighbours_region *region = regions->neighbours;
    int neighbour = jn_adjacency_next_hop(rules, region, ports, vpg, peer->address, peer->family, &path);
    if (neighbour < 0)
        return 0;
    struct jn_mirror_peer *to = aligned_alloc(64, (sizeof(*to) + 63) / 64 * 64);
    if (to == NULL)
        return -ENOMEM;
    *to = (struct jn_mirror_peer){.peer = peer,
                                  .next_hop = &region->neighbours[neighbour],
                                  .mirror_idx = mirror_idx,
                                  .port = path.port,
                                  .sequenced =
                                      (peer->flags & JN_PEER_SEQUENCE) || peer->encapsulation >= JN_ENCAP_ERSPAN2};
    jn_encap_prepare(&to->encap, peer, path.source, path.vlan_id, ports->mac[path.port], ports->mtu[path.port]);
    rules->mirror[mirror_idx] = to;
    regions->next_hops[mirror_idx] = (uint16_t)neighbour;
    return 0;
}

int
jn_adjacency_build(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions,
                   const struct jn_adjacency_ports *ports, uint64_t now_ns) {
    const struct jn_policy *policy = rules->policy;
    memset(regions->next_hops, 0xff, JN_VPG_PEERS * regions->vpg_used * sizeof(uint16_t));
    for (uint32_t i = 0; i < policy->address_count; i++)
        if (jn_policy_addresses(policy)[i].port < JN_MAX_PORTS)
            rules->is_tunnel[jn_policy_addresses(policy)[i].port] = true;
    for (uint32_t v = 0; v < policy->vpg_count; v++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[v];
        for (uint32_t i = vpg->peer_first; i < vpg->peer_first + vpg->peer_count; i++) {
            const struct jn_peer *peer = &jn_policy_peers(policy)[i];
            if ((peer->flags & JN_PEER_ENABLED) && add_peer(rules, regions, ports, vpg, peer) < 0)
                return -ENOMEM;
        }
    }
    return jn_adjacency_vnets(rules, regions, ports, now_ns);
}

static void
mark_needed(const struct jn_ruleset *rules, const struct jn_neighbour *first, bool needed[JN_MAX_NEIGHBOURS]) {
    for (unsigned int mirror_idx = 0; mirror_idx < rules->vpg_idx_end * JN_VPG_PEERS; mirror_idx++)
        if (rules->mirror[mirror_idx] != NULL)
            needed[rules->mirror[mirror_idx]->next_hop - first] = true;
    for (unsigned int vpg_idx = 0; vpg_idx < rules->vpg_idx_end; vpg_idx++)
        for (unsigned int peer_idx = 0; rules->vnet[vpg_idx] != NULL && peer_idx < JN_GATE_PEERS; peer_idx++)
            if (rules->vnet[vpg_idx]->tunnel[peer_idx] != NULL)
                needed[rules->vnet[vpg_idx]->tunnel[peer_idx]->next_hop - first] = true;
}

void
jn_adjacency_release(const struct jn_ruleset *rules, const struct jn_adjacency_regions *regions) {
    bool needed[JN_MAX_NEIGHBOURS] = {false};
    mark_needed(rules, regions->neighbours->neighbours, needed);
    for (unsigned int i = 0; i < JN_MAX_NEIGHBOURS; i++) {
        struct jn_neighbour *neighbour = &regions->neighbours->neighbours[i];
        if (jn_neighbour_state_of(__atomic_load_n(&neighbour->state_mac, __ATOMIC_RELAXED)) != JN_NEIGHBOUR_FREE &&
            !needed[i])
            jn_neighbour_close(neighbour);
    }
    for (uint32_t vpg_idx = 0; vpg_idx < regions->vpg_used; vpg_idx++) {
        struct jn_l2_rewrite l2;
        if (rules->vnet[vpg_idx] == NULL && regions->gates->gates[vpg_idx].vni != 0)
            jn_gate_close(&regions->gates->gates[vpg_idx]);
        if (rules->vpg[vpg_idx] == NULL && jn_l2_rewrite_last(regions->l2_table, (uint16_t)vpg_idx, &l2))
            jn_l2_rewrite_detach(regions->l2_table, (uint16_t)vpg_idx); // the slot may be another VPG's next time
    }
}
