// SPDX-License-Identifier: BSD-3-Clause
#include "redirect/redirect.h"

#include <string.h>

#include <rte_mbuf.h>

#include "core/tx.h"
#include "flow/flow_live.h"
#include "flow/inspect.h"
#include "gate/gate_hosts.h"
#include "gate/l2_rewrite.h"
#include "gate/resolution.h"
#include "packet/bytes.h"
#include "packet/headers.h"
#include "policy/classify.h"
#include "redirect/gate_counters.h"
#include "redirect/redirect_send.h"
#include "redirect/redirect_state.h"
#include "redirect/redirect_usual.h"

enum { HOP_LIMIT_AT = 7 };

static inline bool
is_discovery(const struct jn_burst *burst, unsigned int i) {
    const struct jn_packet *p = jn_burst_packet(burst, i);
    return p->protocol == JN_IP_ICMPV6 && (p->flags & JN_PACKET_PORTS) && p->port[0] >= JN_ICMP6_ROUTER_SOLICITATION &&
           p->port[0] <= JN_ICMP6_REDIRECT && burst->data[i][p->l3_offset + HOP_LIMIT_AT] == UINT8_MAX;
}

// What belongs to the wire itself as ARP does: to groups, to link-local addresses, neighbour and router discovery.
static inline bool
is_of_the_wire(const struct jn_burst *burst, unsigned int i) {
    const struct jn_packet *p = jn_burst_packet(burst, i);
    const uint8_t *to = p->address[1];
    if (burst->link_type == JN_LINKTYPE_ETHERNET && (burst->data[i][0] & 1))
        return true;
    if (!(p->flags & JN_PACKET_IPV6))
        return to[0] == 169 && to[1] == 254;
    return jn_address_is_link_local(6, to) || is_discovery(burst, i);
}

// Can its header be taken off, and be made again from what is known of the flow? Plain Ethernet, and one tag at most; none
// where the VPG takes several VLANs, since what comes back would not tell which.
static inline bool
is_plain(const struct jn_burst *burst, unsigned int i) {
    const struct jn_packet *p = jn_burst_packet(burst, i);
    bool tagged = p->flags & JN_PACKET_VLAN;
    uint32_t header = JN_ETHERNET_BYTES + (tagged ? JN_VLAN_TAG_BYTES : 0);
    bool known_tag = burst->length[i] >= JN_ETHERNET_BYTES && jn_be16(burst->data[i] + 12) == JN_ETHER_VLAN;
    return burst->link_type == JN_LINKTYPE_ETHERNET && p->l3_offset == header && tagged == known_tag &&
           p->vlan_id == JN_FLOW_VLAN_ID_NONE && !(p->flags & (JN_PACKET_MPLS | JN_PACKET_PPPOE)) &&
           p->l3_offset + p->ip_length <= burst->bytes[i] && burst->bytes[i] == rte_pktmbuf_pkt_len(burst->mbuf[i]);
}

static bool
may_bypass(const struct jn_gate *gate) {
    return gate->on_failure == JN_FAILURE_BYPASS ||
           (gate->on_failure == JN_FAILURE_STANDBY && gate->on_standby_failure == JN_FAILURE_BYPASS);
}

// True when the packet goes on directly.
static bool
bypass(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, bool allowed, enum jn_gate_drop why) {
    struct jn_gate_counters *counters = jn_vnet_counters(worker, burst->vpg_idx[i]);
    if (!allowed) {
        jn_gate_drop_packet(worker, burst->vpg_idx[i], why, burst->mbuf[i]);
        return false;
    }
    jn_count(&counters->bypassed_packets, 1);
    jn_count(&counters->bypassed_bytes, jn_burst_packet(burst, i)->ip_length);
    jn_count(&worker->counters->exceptions[JN_EXCEPTION_BYPASSED], 1);
    return true;
}

// Resolve a redirect target to a path. False: the target is no peer, or its next hop or port is down on the underlay.
static bool
resolve_path(const struct jn_worker *worker, const struct jn_vnet *vnet, uint64_t word, struct jn_redirect_path *path) {
    unsigned int peer_idx = jn_target_peer_idx(word);
    const struct jn_vnet_tunnel *tunnel = peer_idx < JN_GATE_PEERS ? vnet->tunnel[peer_idx] : NULL;
    *path = (struct jn_redirect_path){.vnet = vnet, .tunnel = tunnel, .gateway = word, .peer_idx = (uint8_t)peer_idx};
    if (jn_target_kind(word) != JN_TARGET_PEER || tunnel == NULL)
        return false;
    path->state_mac = __atomic_load_n(&tunnel->next_hop->state_mac, __ATOMIC_RELAXED);
    return jn_neighbour_state_of(path->state_mac) >= JN_NEIGHBOUR_REACHABLE && jn_tx_usable(worker->tx[tunnel->port]);
}

// The path of the VPG whose packets of the burst are being redirected.
struct vpg_path {
    uint16_t vpg_idx;
    bool usable;
    struct jn_redirect_path path;
    struct jn_redirect_usual usual;
};

static void
select_path(struct jn_worker *worker, const struct jn_burst *burst, uint16_t vpg_idx, struct vpg_path *current) {
    jn_redirect_path_count(worker, &current->path);
    current->usual.families = 0;
    current->vpg_idx = vpg_idx;
    current->path.vnet = worker->rules->vnet[vpg_idx];
    if (current->path.vnet == NULL || !current->path.vnet->redirects)
        return;
    uint64_t word = __atomic_load_n(&current->path.vnet->engine.state->target, __ATOMIC_RELAXED);
    current->usable = resolve_path(worker, current->path.vnet, word, &current->path);
    if (current->usable)
        jn_redirect_usual_begin(&current->usual, &current->path, burst);
}

// Does the packet come from the side that its source is on?
static inline bool
is_from_its_side(const struct jn_flow_entry *entry, const struct jn_burst *burst, unsigned int i) {
    const struct jn_packet *p = jn_burst_packet(burst, i);
    bool to_b = memcmp(p->address[1], entry->address[0], 16) != 0;
    return memcmp(p->address[0], p->address[1], 16) != 0 && (jn_flow_access_is_b(entry) == to_b) == burst->from_network;
}

// A flow's MAC addresses are those of its first packet. If a packet has another destination, learn it, and check every
// packet for a while. Only destinations are learned: routers that share an address may send from another one. Only
// packets from the expected side are used: a spoofed packet must not divert a flow.
static void
relearn_on_change(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i) {
    static const uint8_t unknown[6];
    struct jn_flow_entry *entry = &worker->flow->table.entries[burst->flow[i]];
    const struct jn_packet *p = jn_burst_packet(burst, i);
    unsigned int to = memcmp(p->address[1], entry->address[0], 16) != 0;
    if (!is_from_its_side(entry, burst, i) || (memcmp(entry->mac[to], burst->data[i], 6) == 0 &&
                                               jn_vlan_flow_id(entry->vlan_tci) == jn_vlan_flow_id(p->vlan_tci)))
        return;
    if (memcmp(entry->mac[!to], unknown, 6) == 0)
        jn_seq_store(entry->mac[!to], burst->data[i] + 6, 6);
    jn_seq_store(entry->mac[to], burst->data[i], 6);
    jn_store(&entry->vlan_tci, p->vlan_tci);
    jn_l2_rewrite_learn(worker->flow->l2_table, entry, worker->now_ns);
    worker->redirect->relearn_until_ns = worker->now_ns + JN_RELEARN_NS;
}

// Where a VPG has several wires, what comes back leaves by the one where its direction was heard last.
static __attribute__((noinline)) void
note_wire(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i) {
    struct jn_flow_through *through = &worker->flow->through[burst->flow[i]];
    const struct jn_flow_entry *entry = &worker->flow->table.entries[burst->flow[i]];
    uint8_t wire = (uint8_t)(burst->wire + 1);
    if (through->heard[burst->from_network] == wire || !is_from_its_side(entry, burst, i))
        return;
    through->heard[burst->from_network] = wire;
    if (!(entry->flags & JN_FLOW_RETURNED))
        jn_l2_rewrite_learn_wire(worker->flow->l2_table, entry, through->heard, worker->now_ns);
}

// True when the packet goes on by its wire.
static inline bool
through_gateway(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, struct vpg_path *current,
                struct jn_outgoing *out) {
    const struct jn_gate *gate = current->path.vnet->engine.gate;
    unsigned int family = jn_family_index(jn_packet_family(jn_burst_packet(burst, i)));
    if (__builtin_expect(!current->usable, 0))
        return bypass(worker, burst, i, may_bypass(gate), JN_GATE_DROP_DOWN);
    if (__builtin_expect(!is_plain(burst, i) || gate->length[family] == 0, 0))
        return bypass(worker, burst, i, may_bypass(gate), JN_GATE_DROP_UNREDIRECTABLE);
    if (burst->flow[i] != JN_FLOW_NONE) {
        if (out->count == 0 || __builtin_expect(worker->now_ns < worker->redirect->relearn_until_ns, 0))
            relearn_on_change(worker, burst, i);
        if (__builtin_expect(current->path.vnet->several_wires, 0))
            note_wire(worker, burst, i);
        worker->flow->through[burst->flow[i]].sent++;
    }
    jn_redirect_send(worker, burst, i, &current->path, out);
    return false;
}

// A device's packet to a host of the virtual network.
static bool
to_host(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, const struct jn_vnet *vnet,
        struct jn_outgoing *out) {
    const struct jn_packet *packet = jn_burst_packet(burst, i);
    uint8_t family = jn_packet_family(packet);
    if (burst->from_network || !jn_gate_is_near(vnet->engine.gate, family, packet->address[1]) || !is_plain(burst, i))
        return true;
    struct jn_redirect_path path;
    uint64_t word = jn_gate_host_target(vnet->engine.state, family, packet->address[1]);
    if (word == 0)
        jn_resolution_request(worker->redirect->resolutions, vnet->vpg_idx, family, packet->address[1]);
    if (!resolve_path(worker, vnet, word, &path)) {
        jn_gate_drop_packet(worker, vnet->vpg_idx, JN_GATE_DROP_UNRESOLVED, burst->mbuf[i]);
    } else if (jn_keeps_apart(worker->rules, vnet, family, packet->address[0], path.peer_idx)) {
        jn_inspect_discarded(worker, burst, i);
        jn_gate_drop_packet(worker, vnet->vpg_idx, JN_GATE_DROP_PRIVACY, burst->mbuf[i]);
    } else {
        jn_count(&jn_vnet_counters(worker, vnet->vpg_idx)->direct_out_packets, 1);
        jn_redirect_send(worker, burst, i, &path, out);
        jn_redirect_path_count(worker, &path);
    }
    return false;
}

static inline bool
is_for_gate(const struct jn_burst *burst, unsigned int i) {
    uint16_t verdict = burst->verdict[i];
    return (verdict & (JN_VERDICT_REDIRECT | JN_VERDICT_GATE)) && !(verdict & JN_VERDICT_DROP) &&
           (jn_burst_packet(burst, i)->flags & JN_PACKET_IP);
}

// Send the usual packets from that one on: the next one's number. The first of those that leave together takes the long
// way, where its flow's MAC addresses are compared.
static inline unsigned int
usual_from(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, struct vpg_path *current,
           struct jn_outgoing *out) {
    if (current->usual.families == 0 || out->count == 0 || worker->now_ns < worker->redirect->relearn_until_ns)
        return i;
    return jn_redirect_usual_run(worker, &current->usual, burst, i, &current->path, out);
}

// The packet's VPG has a gate, and the path of that VPG is selected. True when the packet goes on by its wire.
static inline bool
goes_on(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, struct vpg_path *current,
        struct jn_outgoing *out) {
    const struct jn_vnet *vnet = current->path.vnet;
    // Redirected, Junction's own tunnel would be wrapped again and again, on whichever wire it is.
    if (vnet == NULL || is_of_the_wire(burst, i) || jn_ruleset_is_own_tunnel(worker->rules, jn_burst_packet(burst, i)))
        return true;
    if (!vnet->redirects)
        return to_host(worker, burst, i, vnet, out);
    return through_gateway(worker, burst, i, current, out);
}

void
jn_stage_redirect(struct jn_worker *worker, struct jn_burst *burst) {
    uint16_t verdicts = 0;
    for (unsigned int i = 0; i < burst->count; i++)
        verdicts |= burst->verdict[i];
    if (__builtin_expect(!(verdicts & (JN_VERDICT_REDIRECT | JN_VERDICT_GATE)), 1) || burst->port_out == JN_NO_PORT)
        return;
    struct vpg_path current = {.vpg_idx = JN_NO_VPG};
    struct jn_outgoing out = {.port = JN_NO_PORT};
    unsigned int kept = 0;
    for (unsigned int i = 0; i < burst->count; i++) {
        if (is_for_gate(burst, i)) {
            if (burst->vpg_idx[i] != current.vpg_idx)
                select_path(worker, burst, burst->vpg_idx[i], &current);
            unsigned int next = usual_from(worker, burst, i, &current, &out);
            if (next != i || !goes_on(worker, burst, i, &current, &out)) {
                i = next != i ? next - 1 : i;
                continue;
            }
        }
        burst->mbuf[kept] = burst->mbuf[i];
        burst->bytes[kept] = burst->bytes[i];
        burst->vpg_idx[kept] = burst->vpg_idx[i];
        burst->verdict[kept] = burst->verdict[i];
        kept++;
    }
    burst->count = kept;
    jn_redirect_path_count(worker, &current.path);
    jn_outgoing_send(worker, &out);
}
