// SPDX-License-Identifier: BSD-3-Clause
// A policy made ready for the workers: VPG by wire and VLAN, rules made ready to be found. Built and freed by the main
// thread; workers only read it.
#pragma once

#include "flow.h"
#include "packet/packet.h"
#include "policy.h"

struct jn_conditional;
struct jn_mirror_addresses;
struct jn_mirror_peer;
struct jn_rule_index;
struct jn_vnet;
struct jn_vnet_sources;

// Whose the frames of a VLAN are: VPG index or JN_NO_VPG, and the VLAN ID that tells their flows from others of that VPG.
struct jn_vlan_vpg {
    uint16_t vpg_idx, vlan_id;
};

struct jn_wire_ports {
    uint16_t access, network;
};

struct jn_ruleset {
    struct jn_policy *policy;                        // owned, validated
    uint16_t generation;                             // low bits of the policy's, as flow entries carry it
    struct jn_vlan_vpg *vpg_by_vlan[JN_MAX_WIRES];   // by outer VLAN ID, 4096 for untagged; NULL: wire without VPGs
    struct jn_wire_ports wires[JN_MAX_WIRES];        // that the dataplane has
    uint32_t vpg_idx_end;                            // one more than the highest in use
    const struct jn_vpg *vpg[JN_MAX_VPGS];           // by VPG index
    bool has_rules[JN_MAX_VPGS];                     // by VPG index
    bool has_application_rules[JN_MAX_VPGS];         // by VPG index: some look at the application
    bool has_server_names[JN_MAX_VPGS];              // by VPG index: some look at the server name
    struct jn_conditional *conditional[JN_MAX_VPGS]; // by VPG index: rules that the index has not; NULL: there are none
    struct jn_rule_index *index[JN_MAX_VPGS];        // by VPG index; NULL: few rules, which are looked at one by one
    bool is_tunnel[JN_MAX_PORTS];                    // has underlay addresses
    bool learns_mtu;                                 // a mirroring peer or a gate learns its path MTU
    uint32_t neighbour_count;                        // up to the highest neighbour in use
    struct jn_mirror_peer *mirror[JN_MAX_PEERS];     // by number; NULL: none there, disabled, or no route
    struct jn_mirror_addresses *mirrors;             // the same by address; NULL: there are none
    struct jn_vnet *vnet[JN_MAX_VPGS];               // by VPG index; NULL: the gate is closed
    struct jn_vnet_sources *sources;                 // of what comes from the networks
    // Of the VPG that an index had before, by VPG index, as jn_ruleset_follow fills them in.
    uint16_t since[JN_MAX_VPGS];  // generation with which it left
    bool has_former[JN_MAX_VPGS]; // workers may have flows of it
    char former_id[JN_MAX_VPGS][JN_VPG_ID_MAX];
    bool departed; // VPGs left with this very policy
};

// Take over `policy`. NULL with a sentence in err (policy stays the caller's). Main thread, after rte_eal_init.
struct jn_ruleset *jn_ruleset_build(struct jn_policy *policy, char err[JN_ERR_MAX]);
void jn_ruleset_free(struct jn_ruleset *rules);

// Before the rules come into force: what workers have to know of VPGs that had an index before. former: the rules until
// now, or NULL. swept: no worker has anything of the VPGs that had left by then.
void jn_ruleset_follow(struct jn_ruleset *rules, const struct jn_ruleset *former, bool swept);

// Would the rules take an index from a VPG while workers still have flows of the one before that? Then they have to wait
// until `former` is swept.
bool jn_ruleset_must_wait(const struct jn_ruleset *rules, const struct jn_ruleset *former);

// Does a flow with that verdict's generation belong to the VPG that had the index before?
static inline bool
jn_ruleset_has_left(const struct jn_ruleset *rules, uint16_t vpg_idx, uint16_t generation) {
    return rules->has_former[vpg_idx] && (int16_t)(generation - rules->since[vpg_idx]) < 0;
}

// The id of that flow's VPG.
static inline const char *
jn_ruleset_vpg_id(const struct jn_ruleset *rules, uint16_t vpg_idx, uint16_t generation) {
    return rules->vpg[vpg_idx] == NULL || jn_ruleset_has_left(rules, vpg_idx, generation) ? rules->former_id[vpg_idx]
                                                                                          : rules->vpg[vpg_idx]->id;
}
static inline struct jn_vlan_vpg
jn_ruleset_vpg_by_vlan(const struct jn_vlan_vpg *by_vlan, uint16_t tci) {
    return by_vlan[tci == 0xffffu ? 4096u : tci & 0x0fffu];
}

// VPG index of a frame on that wire, 0xffff when none. tci: outer tag's, or 0xffff.
static inline uint16_t
jn_ruleset_vpg_idx(const struct jn_ruleset *rules, unsigned int wire, uint16_t tci) {
    const struct jn_vlan_vpg *by_vlan = rules->vpg_by_vlan[wire];
    return by_vlan == NULL ? 0xffffu : jn_ruleset_vpg_by_vlan(by_vlan, tci).vpg_idx;
}

// Is either end of the packet one of Junction's own underlay addresses?
bool jn_ruleset_is_own(const struct jn_ruleset *rules, const struct jn_packet *packet);

// Is it Junction's own tunnel: GRE, VXLAN, or a fragment that may be of it, from or to one of its underlay addresses?
static inline bool
jn_ruleset_is_own_tunnel(const struct jn_ruleset *rules, const struct jn_packet *packet) {
    bool vxlan =
        packet->protocol == JN_IP_UDP && (packet->port[1] == JN_VXLAN_PORT || (packet->flags & JN_PACKET_FRAGMENT));
    return __builtin_expect(vxlan || packet->protocol == JN_IP_GRE, 0) && (packet->flags & JN_PACKET_IP) &&
           jn_ruleset_is_own(rules, packet);
}

// Is the address (network order) inside the device_subnets of the VPG with that index?
bool jn_ruleset_is_device(const struct jn_ruleset *rules, uint16_t vpg_idx, uint8_t family, const uint8_t address[16]);
