// SPDX-License-Identifier: BSD-3-Clause
#include "policy/adjacency.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate/gate_engine.h"
#include "gate/network.h"
#include "gate/station.h"
#include "policy/adjacency_network.h"
#include "policy/adjacency_next_hop.h"
#include "policy/mirror_peer.h"
#include "underlay/underlay_neighbour.h"
#include "underlay/underlay_route.h"

static int
add_peer(struct jn_ruleset *rules, struct jn_neighbours_region *region, const struct jn_adjacency_ports *ports,
         const struct jn_vpg *vpg, const struct jn_peer *peer) {
    struct jn_underlay_path path;
    uint16_t number = (uint16_t)(vpg->slot * JN_VPG_PEERS + peer->place);
    int neighbour = jn_adjacency_next_hop(rules, region, ports, vpg, peer->address, peer->family, &path);
    if (neighbour < 0)
        return 0;
    struct jn_mirror_peer *to = aligned_alloc(64, (sizeof(*to) + 63) / 64 * 64);
    if (to == NULL)
        return -ENOMEM;
    *to = (struct jn_mirror_peer){.peer = peer,
                                  .next_hop = &region->neighbours[neighbour],
                                  .number = number,
                                  .port = path.port,
                                  .sequenced =
                                      (peer->flags & JN_PEER_SEQUENCE) || peer->encapsulation >= JN_ENCAP_ERSPAN2};
    jn_encap_prepare(&to->encap, peer, path.source, path.vlan, ports->mac[path.port], ports->mtu[path.port]);
    rules->mirror[number] = to;
    jn_next_hops(region)[number] = (uint16_t)neighbour;
    return 0;
}

int
jn_adjacency_build(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions,
                   const struct jn_adjacency_ports *ports, uint64_t now_ns) {
    const struct jn_policy *policy = rules->policy;
    memset(jn_next_hops(regions->neighbours), 0xff, JN_VPG_PEERS * regions->neighbours->vpg_used * sizeof(uint16_t));
    for (uint32_t i = 0; i < policy->address_count; i++)
        if (jn_policy_addresses(policy)[i].port < JN_MAX_PORTS)
            rules->is_tunnel[jn_policy_addresses(policy)[i].port] = true;
    for (uint32_t v = 0; v < policy->vpg_count; v++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[v];
        for (uint32_t i = vpg->peer_first; i < vpg->peer_first + vpg->peer_count; i++) {
            const struct jn_peer *peer = &jn_policy_peers(policy)[i];
            if ((peer->flags & JN_PEER_ENABLED) && add_peer(rules, regions->neighbours, ports, vpg, peer) < 0)
                return -ENOMEM;
        }
    }
    return jn_adjacency_networks(rules, regions, ports, now_ns);
}

static void
mark_needed(const struct jn_ruleset *rules, const struct jn_neighbour *first, bool needed[JN_MAX_NEIGHBOURS]) {
    for (unsigned int number = 0; number < rules->slots * JN_VPG_PEERS; number++)
        if (rules->mirror[number] != NULL)
            needed[rules->mirror[number]->next_hop - first] = true;
    for (unsigned int slot = 0; slot < rules->slots; slot++)
        for (unsigned int place = 0; rules->network[slot] != NULL && place < JN_GATE_PEERS; place++)
            if (rules->network[slot]->link[place] != NULL)
                needed[rules->network[slot]->link[place]->next_hop - first] = true;
}

void
jn_adjacency_settle(const struct jn_ruleset *rules, const struct jn_adjacency_regions *regions) {
    bool needed[JN_MAX_NEIGHBOURS] = {false};
    mark_needed(rules, regions->neighbours->neighbours, needed);
    for (unsigned int i = 0; i < JN_MAX_NEIGHBOURS; i++) {
        struct jn_neighbour *neighbour = &regions->neighbours->neighbours[i];
        if (jn_link_state(__atomic_load_n(&neighbour->link, __ATOMIC_RELAXED)) != JN_NEIGHBOUR_FREE && !needed[i])
            jn_neighbour_close(neighbour);
    }
    for (uint32_t slot = 0; slot < regions->gates->vpg_used; slot++) {
        struct jn_station station;
        if (rules->network[slot] == NULL && regions->gates->gates[slot].vni != 0)
            jn_gate_close(&regions->gates->gates[slot]);
        if (rules->vpg[slot] == NULL && jn_station_last(regions->stations, (uint16_t)slot, &station))
            jn_station_forget(regions->stations, (uint16_t)slot); // the slot may be another VPG's next time
    }
}
