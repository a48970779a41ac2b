// SPDX-License-Identifier: BSD-3-Clause
// What the workers have of each network, and the list of who may send from where.
#include "policy/adjacency_network.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate/gate_engine.h"
#include "gate/network.h"
#include "policy/adjacency_next_hop.h"
#include "underlay/underlay_route.h"

#define UNDER_WAY_NS UINT64_C(2000000000)

static void *
zeroed(size_t size) {
    size = (size + 63) / 64 * 64;
    void *memory = aligned_alloc(64, size);
    return memory == NULL ? NULL : memset(memory, 0, size);
}

static void
prepare(struct jn_network_link *link, const struct jn_network *network, const struct jn_underlay_path *path,
        const struct jn_adjacency_ports *ports) {
    const struct jn_gate *gate = network->engine.gate;
    struct jn_vxlan_settings settings = {.family = link->peer->outer_family,
                                         .ttl = gate->ttl,
                                         .dscp = gate->dscp,
                                         .fixed_port = gate->flags & JN_GATE_FIXED_PORT,
                                         .vlan = path->vlan,
                                         .vni = gate->vni,
                                         .mtu = ports->mtu[path->port]};
    memcpy(settings.source, path->source, sizeof(settings.source));
    memcpy(settings.peer, link->peer->outer, sizeof(settings.peer));
    memcpy(settings.source_mac, ports->mac[path->port], 6);
    memcpy(settings.inner_mac, gate->mac, 6);
    jn_vxlan_prepare(&link->vxlan, &settings);
    link->port = path->port;
    link->tagged = path->vlan != JN_ANY_VLAN;
    jn_address_copy(path->family, (uint8_t *)link->own, path->source);
    memcpy(link->own_mac, ports->mac[path->port], 6);
    link->mtu = gate->mtu != 0 && gate->mtu < link->vxlan.inner_mtu ? gate->mtu : link->vxlan.inner_mtu;
}

static int
add_link(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions, const struct jn_adjacency_ports *ports,
         struct jn_network *network, const struct jn_gate_peer *peer) {
    struct jn_underlay_path path;
    network->engine.peers[peer->place] = peer;
    int neighbour =
        jn_adjacency_next_hop(rules, regions->neighbours, ports, network->vpg, peer->outer, peer->outer_family, &path);
    network->engine.state->next_hop[peer->place] = neighbour < 0 ? 0xffff : (uint16_t)neighbour;
    if (neighbour < 0)
        return 0;
    struct jn_network_link *link = network->link[peer->place] = zeroed(sizeof(*link));
    if (link == NULL)
        return -ENOMEM;
    link->peer = peer;
    link->next_hop = &regions->neighbours->neighbours[neighbour];
    prepare(link, network, &path, ports);
    if (network->engine.peer_mask == 0)
        network->owner_port = path.port;
    network->engine.peer_mask |= (uint16_t)(1u << peer->place);
    return 0;
}

static uint16_t
bit_of(uint8_t place) {
    return place < JN_GATE_PEERS ? (uint16_t)(1u << place) : 0;
}

// The path's MTU is that of the narrower of the two ways: what was let into a connection by the one must fit the other.
static uint16_t
path_mtu(const struct jn_network *network) {
    uint16_t places = network->redirects ? network->sources : network->engine.peer_mask, least = 0;
    for (unsigned int place = 0; place < JN_GATE_PEERS; place++)
        if ((places >> place & 1) && network->link[place] != NULL && (least == 0 || network->link[place]->mtu < least))
            least = network->link[place]->mtu;
    return least;
}

static void
settle_mtu(struct jn_network *network) {
    uint16_t mtu = path_mtu(network);
    for (unsigned int place = 0; place < JN_GATE_PEERS && network->redirects; place++)
        if ((network->sources >> place & 1) && network->link[place] != NULL)
            network->link[place]->mtu = mtu;
    network->engine.state->path_mtu = mtu;
    network->engine.state->owner_port = network->owner_port;
}

// FNV-1a.
static uint64_t
identity_of(const char *id) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *id != '\0'; id++)
        hash = (hash ^ (uint8_t)*id) * UINT64_C(0x100000001b3);
    return hash;
}

// Packets that are on their way through the gateway of before come back after the change.
static void
remember(struct jn_network *network, const struct jn_network *before, uint64_t now_ns) {
    if (before->engine.identity != network->engine.identity || before->arrivals.vni != network->arrivals.vni)
        return;
    for (unsigned int place = 0; place < JN_GATE_PEERS; place++) {
        const struct jn_gate_peer *old = before->engine.peers[place], *new = network->engine.peers[place];
        if (old == NULL || new == NULL || old->outer_family != new->outer_family ||
            memcmp(old->outer, new->outer, sizeof(old->outer)) != 0)
            continue;
        bool was_gateway = before->redirects && (before->sources >> place & 1);
        network->former_until_ns[place] = was_gateway ? now_ns + UNDER_WAY_NS : before->former_until_ns[place];
    }
}

static int
add_network(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions,
            const struct jn_adjacency_ports *ports, const struct jn_vpg *vpg, uint64_t now_ns) {
    const struct jn_policy *policy = rules->policy;
    const struct jn_gate *gate = &jn_policy_gates(policy)[vpg->gate_first];
    struct jn_network *network = rules->network[vpg->slot] = zeroed(sizeof(*network));
    if (network == NULL)
        return -ENOMEM;
    network->vpg = vpg;
    network->slot = vpg->slot;
    network->dealt_by_nic = ports->dealt_by_nic[vpg->wire];
    network->access_port = ports->access[vpg->wire];
    network->network_port = ports->network[vpg->wire];
    network->arrivals =
        (struct jn_vxlan_network){.vni = gate->vni, .zero_checksum_ipv6 = gate->flags & JN_GATE_ZERO_CHECKSUM};
    memcpy(network->arrivals.mac, gate->mac, 6);
    network->engine = (struct jn_gate_engine){.identity = identity_of(vpg->id),
                                              .gate = gate,
                                              .subnets = jn_policy_subnets(policy) + vpg->subnet_first,
                                              .subnet_count = vpg->subnet_count,
                                              .state = &regions->gates->gates[vpg->slot],
                                              .counters = &jn_gate_counters_of(regions->gates, 0)[vpg->slot]};
    memset(network->engine.state->next_hop, 0xff, sizeof(network->engine.state->next_hop));
    for (uint32_t i = vpg->gate_peer_first; i < vpg->gate_peer_first + vpg->gate_peer_count; i++)
        if (add_link(rules, regions, ports, network, &jn_policy_gate_peers(policy)[i]) < 0)
            return -ENOMEM;
    network->redirects = gate->flags & JN_GATE_REDIRECT;
    network->sources = network->redirects ? bit_of(gate->gateway) | bit_of(gate->standby) : network->engine.peer_mask;
    if (regions->former != NULL && regions->former->network[vpg->slot] != NULL)
        remember(network, regions->former->network[vpg->slot], now_ns);
    settle_mtu(network);
    jn_gate_open(&network->engine);
    return 0;
}

static void
add_source(struct jn_network_sources *sources, struct jn_network *network, uint8_t place) {
    const struct jn_gate_peer *peer = network->engine.peers[place];
    struct jn_network_source source = {
        .vni = network->arrivals.vni, .family = peer->outer_family, .place = place, .network = network};
    jn_address_copy(peer->outer_family, (uint8_t *)source.outer, peer->outer);
    uint32_t i = jn_network_hash(source.outer, source.family) & sources->mask;
    while (sources->at[i].network != NULL)
        i = (i + 1) & sources->mask;
    sources->at[i] = source;
}

static int
list_sources(struct jn_ruleset *rules) {
    uint32_t places = 2;
    while (places < 2 * rules->policy->gate_peer_count)
        places *= 2;
    rules->sources = zeroed(sizeof(*rules->sources) + places * sizeof(struct jn_network_source));
    if (rules->sources == NULL)
        return -ENOMEM;
    rules->sources->mask = places - 1;
    for (unsigned int slot = 0; slot < rules->slots; slot++)
        for (uint8_t place = 0; rules->network[slot] != NULL && place < JN_GATE_PEERS; place++)
            if (rules->network[slot]->engine.peers[place] != NULL)
                add_source(rules->sources, rules->network[slot], place);
    return 0;
}

int
jn_adjacency_networks(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions,
                      const struct jn_adjacency_ports *ports, uint64_t now_ns) {
    const struct jn_policy *policy = rules->policy;
    for (uint32_t i = 0; i < policy->vpg_count; i++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[i];
        if (vpg->gate_count != 0 && add_network(rules, regions, ports, vpg, now_ns) < 0)
            return -ENOMEM;
    }
    return policy->gate_count != 0 ? list_sources(rules) : 0;
}
