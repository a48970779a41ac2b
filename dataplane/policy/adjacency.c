// SPDX-License-Identifier: BSD-3-Clause
#include "policy/adjacency.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate/network.h"
#include "gate/station.h"
#include "log.h"
#include "underlay/underlay.h"

int
jn_adjacency_next_hop(struct jn_ruleset *rules, struct jn_neighbours_region *region,
                      const struct jn_adjacency_ports *ports, const struct jn_vpg *vpg, const uint8_t address[16],
                      uint8_t family, struct jn_underlay_path *path) {
    const struct jn_policy *policy = rules->policy;
    char text[JN_ADDRESS_TEXT];
    int neighbour = -1;
    bool way = jn_underlay_route(jn_policy_addresses(policy), policy->address_count, jn_policy_routes(policy),
                                 policy->route_count, address, family, path) == 0 &&
               path->port < ports->count;
    if (way)
        neighbour = jn_neighbour_open(region->neighbours, JN_MAX_NEIGHBOURS, path);
    if (neighbour < 0) {
        jn_log(JN_LOG_WARNING, "VPG %s, peer %s: %s; nothing is sent to it", vpg->id,
               jn_address_text(family, address, text), way ? "no room for its next hop" : "no route");
        return -1;
    }
    if ((uint32_t)neighbour >= rules->neighbour_count)
        rules->neighbour_count = (uint32_t)neighbour + 1;
    return neighbour;
}

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
    region->next_hop[number] = (uint16_t)neighbour;
    return 0;
}

int
jn_adjacency_build(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions,
                   const struct jn_adjacency_ports *ports, uint64_t now_ns) {
    const struct jn_policy *policy = rules->policy;
    memset(regions->neighbours->next_hop, 0xff, sizeof(regions->neighbours->next_hop));
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

static bool
needed(const struct jn_ruleset *rules, const struct jn_neighbour *neighbour) {
    for (unsigned int number = 0; number < JN_MAX_PEERS; number++)
        if (rules->mirror[number] != NULL && rules->mirror[number]->next_hop == neighbour)
            return true;
    for (unsigned int slot = 0; slot < JN_MAX_VPGS; slot++)
        for (unsigned int place = 0; rules->network[slot] != NULL && place < JN_GATE_PEERS; place++)
            if (rules->network[slot]->link[place] != NULL && rules->network[slot]->link[place]->next_hop == neighbour)
                return true;
    return false;
}

void
jn_adjacency_settle(const struct jn_ruleset *rules, const struct jn_adjacency_regions *regions) {
    for (unsigned int i = 0; i < JN_MAX_NEIGHBOURS; i++) {
        struct jn_neighbour *neighbour = &regions->neighbours->neighbours[i];
        if (jn_link_state(__atomic_load_n(&neighbour->link, __ATOMIC_RELAXED)) != JN_NEIGHBOUR_FREE &&
            !needed(rules, neighbour))
            jn_neighbour_close(neighbour);
    }
    for (uint16_t slot = 0; slot < JN_MAX_VPGS; slot++) {
        struct jn_station station;
        if (rules->network[slot] == NULL && regions->gates->gates[slot].vni != 0)
            jn_gate_close(&regions->gates->gates[slot]);
        if (rules->vpg[slot] == NULL && jn_station_last(regions->stations, slot, &station))
            jn_station_forget(regions->stations, slot); // the slot may be another VPG's next time
    }
}
