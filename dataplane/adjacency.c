// SPDX-License-Identifier: BSD-3-Clause
#include "adjacency.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "underlay.h"

enum { NO_NEIGHBOUR = 0xffff };

static void
say(const struct jn_vpg *vpg, const struct jn_peer *peer, const char *why) {
    char address[INET6_ADDRSTRLEN];
    inet_ntop(peer->family == 4 ? AF_INET : AF_INET6, peer->address, address, sizeof(address));
    jn_log(JN_LOG_WARNING, "VPG %s, peer %s: %s; nothing is mirrored to it", vpg->id, address, why);
}

static int
add_peer(struct jn_ruleset *rules, struct jn_neighbours_region *region, const struct jn_adjacency_ports *ports,
         const struct jn_vpg *vpg, const struct jn_peer *peer) {
    const struct jn_policy *policy = rules->policy;
    struct jn_underlay_path path;
    uint16_t number = (uint16_t)(vpg->slot * JN_VPG_PEERS + peer->place);
    if (jn_underlay_route(jn_policy_addresses(policy), policy->address_count, jn_policy_routes(policy),
                          policy->route_count, peer->address, peer->family, &path) < 0 ||
        path.port >= ports->count) {
        say(vpg, peer, "no route");
        return 0;
    }
    int neighbour = jn_neighbour_open(region->neighbours, JN_MAX_NEIGHBOURS, &path);
    if (neighbour < 0) {
        say(vpg, peer, "no room for its next hop");
        return 0;
    }
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
    if ((uint32_t)neighbour >= rules->neighbour_count)
        rules->neighbour_count = (uint32_t)neighbour + 1;
    return 0;
}

int
jn_adjacency_build(struct jn_ruleset *rules, struct jn_neighbours_region *region,
                   const struct jn_adjacency_ports *ports) {
    const struct jn_policy *policy = rules->policy;
    memset(region->next_hop, 0xff, sizeof(region->next_hop));
    for (uint32_t i = 0; i < policy->address_count; i++)
        if (jn_policy_addresses(policy)[i].port < JN_MAX_PORTS)
            rules->is_tunnel[jn_policy_addresses(policy)[i].port] = true;
    for (uint32_t v = 0; v < policy->vpg_count; v++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[v];
        for (uint32_t i = vpg->peer_first; i < vpg->peer_first + vpg->peer_count; i++) {
            const struct jn_peer *peer = &jn_policy_peers(policy)[i];
            if ((peer->flags & JN_PEER_ENABLED) && add_peer(rules, region, ports, vpg, peer) < 0)
                return -ENOMEM;
        }
    }
    return 0;
}

static bool
needed(const struct jn_ruleset *rules, const struct jn_neighbour *neighbour) {
    for (unsigned int number = 0; number < JN_MAX_PEERS; number++)
        if (rules->mirror[number] != NULL && rules->mirror[number]->next_hop == neighbour)
            return true;
    return false;
}

void
jn_adjacency_settle(const struct jn_ruleset *rules, struct jn_neighbours_region *region) {
    for (unsigned int i = 0; i < JN_MAX_NEIGHBOURS; i++) {
        struct jn_neighbour *neighbour = &region->neighbours[i];
        if (jn_link_state(__atomic_load_n(&neighbour->link, __ATOMIC_RELAXED)) != JN_NEIGHBOUR_FREE &&
            !needed(rules, neighbour))
            jn_neighbour_close(neighbour);
    }
}
