// SPDX-License-Identifier: BSD-3-Clause
#include "policy/adjacency_next_hop.h"

#include "log.h"
#include "underlay/underlay_neighbour.h"
#include "underlay/underlay_route.h"

int
jn_adjacency_next_hop(struct jn_ruleset *rules, struct jn_neighbours_region *region,
                      const struct jn_adjacency_ports *ports, const struct jn_vpg *vpg, const uint8_t address[16],
                      uint8_t family, struct jn_underlay_path *path) {
    const struct jn_policy *policy = rules->policy;
    char text[JN_ADDRESS_TEXT];
    int neighbour = -1;
    bool routed = jn_underlay_route(jn_policy_addresses(policy), policy->address_count, jn_policy_routes(policy),
                                    policy->route_count, address, family, path) == 0 &&
                  path->port < ports->count;
    if (routed)
        neighbour = jn_neighbour_open(region->neighbours, JN_MAX_NEIGHBOURS, path);
    if (neighbour < 0) {
        jn_log(JN_LOG_WARNING, "VPG %s, peer %s: %s; nothing is sent to it", vpg->id,
               jn_address_text(family, address, text), routed ? "no room for its next hop" : "no route");
        return -1;
    }
    if ((uint32_t)neighbour >= rules->neighbour_count)
        rules->neighbour_count = (uint32_t)neighbour + 1;
    return neighbour;
}
