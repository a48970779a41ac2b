// SPDX-License-Identifier: BSD-3-Clause
#include "policy/adjacency.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "gate/gate_engine.h"
#include "gate/l2_rewrite.h"
#include "gate/vnet.h"
#include "log.h"
#include "policy/learn_mtu.h"
#include "policy/mirror_peer.h"
#include "policy/ruleset.h"
#include "underlay/underlay_neighbour.h"
#include "underlay/underlay_route.h"

#define UNDER_WAY_NS UINT64_C(2000000000)

// The path to an outer address, its next hop opened. Returns the neighbour's index, or -1 (logged).
static int
open_next_hop(struct jn_ruleset *rules, struct jn_neighbours_region *region, const struct jn_adjacency_ports *ports,
              const struct jn_vpg *vpg, const uint8_t address[16], uint8_t family, struct jn_underlay_path *path) {
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

static void *
zeroed(size_t size) {
    size = (size + 63) / 64 * 64;
    void *memory = aligned_alloc(64, size);
    return memory == NULL ? NULL : memset(memory, 0, size);
}

static int
add_peer(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions, const struct jn_adjacency_ports *ports,
         const struct jn_vpg *vpg, const struct jn_peer *peer, uint64_t now_ns) {
    struct jn_underlay_path path;
    uint16_t mirror_idx = (uint16_t)(vpg->vpg_idx * JN_VPG_PEERS + peer->peer_idx);
    struct jn_neighbours_region *region = regions->neighbours;
    int neighbour = open_next_hop(rules, region, ports, vpg, peer->address, peer->family, &path);
    if (neighbour < 0)
        return 0;
    struct jn_mirror_peer *to = zeroed(sizeof(*to));
    if (to == NULL)
        return -ENOMEM;
    *to = (struct jn_mirror_peer){.peer = peer,
                                  .next_hop = &region->neighbours[neighbour],
                                  .mirror_idx = mirror_idx,
                                  .port = path.port,
                                  .mark = jn_path_mtu_mark(peer->family, peer->address),
                                  .mtu = ports->mtu[path.port],
                                  .learned = &regions->path_mtus[mirror_idx],
                                  .sequenced =
                                      (peer->flags & JN_PEER_SEQUENCE) || peer->encapsulation >= JN_ENCAP_ERSPAN2};
    jn_encap_prepare(&to->encap, peer, path.source, path.vlan_id, ports->mac[path.port], ports->mtu[path.port]);
    jn_mirror_peer_refresh(to, now_ns);
    rules->learns_mtu |= (peer->flags & JN_PEER_LEARN_MTU) != 0;
    rules->mirror[mirror_idx] = to;
    regions->next_hops[mirror_idx] = (uint16_t)neighbour;
    return 0;
}

static void
prepare_tunnel(struct jn_vnet_tunnel *tunnel, const struct jn_vnet *vnet, const struct jn_underlay_path *path,
               const struct jn_adjacency_ports *ports) {
    const struct jn_gate *gate = vnet->engine.gate;
    struct jn_vxlan_settings settings = {.family = tunnel->peer->outer_family,
                                         .ttl = gate->ttl,
                                         .dscp = gate->dscp,
                                         .fixed_port = gate->flags & JN_GATE_FIXED_PORT,
                                         .vlan_tci = path->vlan_id,
                                         .vni = gate->vni,
                                         .mtu = ports->mtu[path->port]};
    memcpy(settings.source, path->source, sizeof(settings.source));
    memcpy(settings.peer, tunnel->peer->outer, sizeof(settings.peer));
    memcpy(settings.source_mac, ports->mac[path->port], 6);
    memcpy(settings.inner_mac, gate->mac, 6);
    jn_vxlan_prepare(&tunnel->vxlan, &settings);
    jn_vxlan_pattern_prepare(&tunnel->pattern, &settings, gate->flags & JN_GATE_ZERO_CHECKSUM);
    tunnel->port = path->port;
    tunnel->tagged = path->vlan_id != JN_VLAN_ID_NONE;
    jn_address_copy(path->family, (uint8_t *)tunnel->own, path->source);
    memcpy(tunnel->own_mac, ports->mac[path->port], 6);
    tunnel->mark = jn_path_mtu_mark(tunnel->peer->outer_family, tunnel->peer->outer);
    tunnel->own_mtu = gate->mtu != 0 && gate->mtu < tunnel->vxlan.inner_mtu ? gate->mtu : tunnel->vxlan.inner_mtu;
}

static int
add_tunnel(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions, const struct jn_adjacency_ports *ports,
           struct jn_vnet *vnet, const struct jn_gate_peer *peer) {
    struct jn_underlay_path path;
    vnet->engine.peers[peer->peer_idx] = peer;
    int neighbour = open_next_hop(rules, regions->neighbours, ports, vnet->vpg, peer->outer, peer->outer_family, &path);
    vnet->engine.state->next_hop[peer->peer_idx] = neighbour < 0 ? 0xffff : (uint16_t)neighbour;
    if (neighbour < 0)
        return 0;
    struct jn_vnet_tunnel *tunnel = vnet->tunnel[peer->peer_idx] = zeroed(sizeof(*tunnel));
    if (tunnel == NULL)
        return -ENOMEM;
    tunnel->peer = peer;
    tunnel->next_hop = &regions->neighbours->neighbours[neighbour];
    prepare_tunnel(tunnel, vnet, &path, ports);
    if (vnet->engine.peer_mask == 0)
        vnet->owner_port = path.port;
    vnet->engine.peer_mask |= (uint16_t)(1u << peer->peer_idx);
    return 0;
}

static uint16_t
bit_of(uint8_t peer_idx) {
    return peer_idx < JN_GATE_PEERS ? (uint16_t)(1u << peer_idx) : 0;
}

// FNV-1a.
static uint64_t
identity_of(const char *id) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *id != '\0'; id++)
        hash = (hash ^ (uint8_t)*id) * UINT64_C(0x100000001b3);
    return hash;
}

// Packets sent to the former gateway come back after the change.
static void
remember_former_gateways(struct jn_vnet *vnet, const struct jn_vnet *before, uint64_t now_ns) {
    if (before->engine.identity != vnet->engine.identity || before->expected.vni != vnet->expected.vni)
        return;
    for (unsigned int peer_idx = 0; peer_idx < JN_GATE_PEERS; peer_idx++) {
        const struct jn_gate_peer *old = before->engine.peers[peer_idx], *new = vnet->engine.peers[peer_idx];
        if (old == NULL || new == NULL || old->outer_family != new->outer_family ||
            memcmp(old->outer, new->outer, sizeof(old->outer)) != 0)
            continue;
        bool was_gateway = before->redirects && (before->sources >> peer_idx & 1);
        vnet->former_until_ns[peer_idx] = was_gateway ? now_ns + UNDER_WAY_NS : before->former_until_ns[peer_idx];
    }
}

static int
add_vnet(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions, const struct jn_adjacency_ports *ports,
         const struct jn_vpg *vpg, uint64_t now_ns) {
    const struct jn_policy *policy = rules->policy;
    const struct jn_gate *gate = &jn_policy_gates(policy)[vpg->gate_first];
    struct jn_vnet *vnet = rules->vnet[vpg->vpg_idx] = zeroed(sizeof(*vnet));
    if (vnet == NULL)
        return -ENOMEM;
    if (jn_l2_rewrite_attach(regions->l2_table, vpg->vpg_idx) < 0)
        return -ENOMEM;
    vnet->vpg = vpg;
    vnet->vpg_idx = vpg->vpg_idx;
    vnet->first_wire = (uint8_t)__builtin_ctzll(vpg->wires);
    vnet->several_wires = (vpg->wires & (vpg->wires - 1)) != 0;
    vnet->expected =
        (struct jn_vxlan_expected){.vni = gate->vni, .zero_checksum_ipv6 = gate->flags & JN_GATE_ZERO_CHECKSUM};
    memcpy(vnet->expected.mac, gate->mac, 6);
    vnet->engine = (struct jn_gate_engine){.identity = identity_of(vpg->id),
                                           .tag_seed = regions->hash_key->word[3],
                                           .gate = gate,
                                           .subnets = jn_policy_subnets(policy) + vpg->subnet_first,
                                           .subnet_count = vpg->subnet_count,
                                           .state = &regions->gates->gates[vpg->vpg_idx],
                                           .counters = &regions->gate_counters[vpg->vpg_idx]};
    memset(vnet->engine.state->next_hop, 0xff, sizeof(vnet->engine.state->next_hop));
    for (uint32_t i = vpg->gate_peer_first; i < vpg->gate_peer_first + vpg->gate_peer_count; i++)
        if (add_tunnel(rules, regions, ports, vnet, &jn_policy_gate_peers(policy)[i]) < 0)
            return -ENOMEM;
    vnet->redirects = gate->flags & JN_GATE_REDIRECT;
    vnet->sources = vnet->redirects ? bit_of(gate->gateway) | bit_of(gate->standby) : vnet->engine.peer_mask;
    if (regions->former != NULL && regions->former->vnet[vpg->vpg_idx] != NULL)
        remember_former_gateways(vnet, regions->former->vnet[vpg->vpg_idx], now_ns);
    jn_vnet_refresh(vnet, now_ns);
    rules->learns_mtu |= (gate->flags & JN_GATE_LEARN_MTU) != 0;
    vnet->engine.state->owner_port = vnet->owner_port;
    jn_gate_open(&vnet->engine);
    return 0;
}

static int
list_mirrors(struct jn_ruleset *rules, const struct jn_hash_key *key) {
    uint32_t entries = 2;
    while (entries < 2 * rules->policy->peer_count)
        entries *= 2;
    struct jn_mirror_addresses *all = rules->mirrors =
        zeroed(sizeof(*all) + entries * sizeof(struct jn_mirror_address));
    if (all == NULL)
        return -ENOMEM;
    all->key = *key;
    all->mask = entries - 1;
    for (unsigned int mirror_idx = 0; mirror_idx < rules->vpg_idx_end * JN_VPG_PEERS; mirror_idx++) {
        struct jn_mirror_address one = {.to = rules->mirror[mirror_idx]};
        if (one.to == NULL)
            continue;
        jn_address_copy(one.to->peer->family, one.address, one.to->peer->address);
        uint32_t at = jn_mirror_address_hash(all, one.address);
        while (all->at[at & all->mask].to != NULL)
            at++;
        all->at[at & all->mask] = one;
    }
    return 0;
}

static void
add_source(struct jn_vnet_sources *sources, struct jn_vnet *vnet, uint8_t peer_idx) {
    const struct jn_gate_peer *peer = vnet->engine.peers[peer_idx];
    struct jn_vnet_source source = {
        .vni = vnet->expected.vni, .family = peer->outer_family, .peer_idx = peer_idx, .vnet = vnet};
    jn_address_copy(peer->outer_family, (uint8_t *)source.outer, peer->outer);
    uint32_t i = jn_vnet_hash(sources, source.outer, source.family) & sources->mask;
    while (sources->at[i].vnet != NULL)
        i = (i + 1) & sources->mask;
    sources->at[i] = source;
}

static int
list_sources(struct jn_ruleset *rules, const struct jn_hash_key *key) {
    uint32_t entries = 2;
    while (entries < 2 * rules->policy->gate_peer_count)
        entries *= 2;
    rules->sources = zeroed(sizeof(*rules->sources) + entries * sizeof(struct jn_vnet_source));
    if (rules->sources == NULL)
        return -ENOMEM;
    rules->sources->mask = entries - 1;
    rules->sources->key = *key;
    for (unsigned int vpg_idx = 0; vpg_idx < rules->vpg_idx_end; vpg_idx++)
        for (uint8_t peer_idx = 0; rules->vnet[vpg_idx] != NULL && peer_idx < JN_GATE_PEERS; peer_idx++)
            if (rules->vnet[vpg_idx]->engine.peers[peer_idx] != NULL)
                add_source(rules->sources, rules->vnet[vpg_idx], peer_idx);
    return 0;
}

static int
build_vnets(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions,
            const struct jn_adjacency_ports *ports, uint64_t now_ns) {
    const struct jn_policy *policy = rules->policy;
    for (uint32_t i = 0; i < policy->vpg_count; i++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[i];
        if (vpg->gate_count != 0 && add_vnet(rules, regions, ports, vpg, now_ns) < 0)
            return -ENOMEM;
    }
    return policy->gate_count != 0 ? list_sources(rules, regions->hash_key) : 0;
}

int
jn_adjacency_build(struct jn_ruleset *rules, const struct jn_adjacency_regions *regions,
                   const struct jn_adjacency_ports *ports, uint64_t now_ns) {
    const struct jn_policy *policy = rules->policy;
    jn_require(ports->count <= JN_MAX_PORTS && rules->vpg_idx_end <= regions->vpg_used);
    for (unsigned int wire = 0; wire < JN_MAX_WIRES; wire++)
        rules->wires[wire] = (struct jn_wire_ports){ports->access[wire], ports->network[wire]};
    memset(regions->next_hops, 0xff, JN_VPG_PEERS * regions->vpg_used * sizeof(uint16_t));
    for (uint32_t i = 0; i < policy->address_count; i++)
        if (jn_policy_addresses(policy)[i].port < JN_MAX_PORTS)
            rules->is_tunnel[jn_policy_addresses(policy)[i].port] = true;
    for (uint32_t v = 0; v < policy->vpg_count; v++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[v];
        for (uint32_t i = vpg->peer_first; i < vpg->peer_first + vpg->peer_count; i++) {
            const struct jn_peer *peer = &jn_policy_peers(policy)[i];
            if ((peer->flags & JN_PEER_ENABLED) && add_peer(rules, regions, ports, vpg, peer, now_ns) < 0)
                return -ENOMEM;
        }
    }
    if (policy->peer_count != 0 && list_mirrors(rules, regions->hash_key) < 0)
        return -ENOMEM;
    return build_vnets(rules, regions, ports, now_ns);
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
        bool replaced = rules->has_former[vpg_idx] && rules->since[vpg_idx] == rules->generation;
        bool left = rules->vpg[vpg_idx] == NULL || replaced;
        if (left && jn_l2_rewrite_last(regions->l2_table, (uint16_t)vpg_idx, &l2))
            jn_l2_rewrite_detach(regions->l2_table,
                                 (uint16_t)vpg_idx); // the index is another VPG's, or may be next time
    }
}
