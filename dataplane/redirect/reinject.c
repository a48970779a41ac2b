// SPDX-License-Identifier: BSD-3-Clause
// Reinjection: a packet from the gateway leaves by the side of its destination, with the Ethernet header of its flow on
// the wire. It was inspected when it came in by the wire; it is neither inspected nor redirected again.
#include "redirect/reinject.h"

#include <string.h>

#include <rte_mbuf.h>

#include "core/tx.h"
#include "flow/flow_end.h"
#include "flow/flow_live.h"
#include "packet/put_headers.h"
#include "policy/ruleset.h"
#include "redirect/gate_counters.h"
#include "redirect/redirect_state.h"

void
jn_reinject_frame(struct rte_mbuf *mbuf, const struct jn_packet *packet, const uint8_t to[6], const uint8_t from[6],
                  uint16_t vlan_tci) {
    uint32_t header = jn_ethernet_bytes(vlan_tci), length = header + packet->ip_length;
    mbuf->data_off = (uint16_t)(mbuf->data_off + packet->l3_offset - header);
    jn_put_ethernet(rte_pktmbuf_mtod(mbuf, uint8_t *), to, from, vlan_tci, jn_ether_type_of(jn_packet_family(packet)));
    if (length < JN_SHORTEST_FRAME) {
        memset(rte_pktmbuf_mtod_offset(mbuf, uint8_t *, length), 0, JN_SHORTEST_FRAME - length);
        length = JN_SHORTEST_FRAME;
    }
    mbuf->data_len = (uint16_t)length;
    mbuf->pkt_len = length;
}

// The key of a flow of its own: fragments have none, they go by their addresses.
static inline bool
has_flow(const struct jn_packet *packet) {
    return !(packet->flags & JN_PACKET_FRAGMENT);
}

static inline bool
to_access_end(const struct jn_flow_entry *entry, bool swapped) {
    return jn_flow_access_is_b(entry) == !swapped;
}

// Does the entry tell the side and both MAC addresses? It does not for the gateway's own flows, nor for a packet
// between two devices whose entry has the network side only.
static inline bool
tells_all(const struct jn_flow_entry *entry, bool swapped) {
    static const uint8_t unknown[6];
    const uint16_t both = JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B;
    uint16_t devices = entry->flags & both;
    return memcmp(entry->mac[0], unknown, 6) != 0 && memcmp(entry->mac[1], unknown, 6) != 0 &&
           (devices != 0 || !(entry->flags & JN_FLOW_RETURNED)) && (devices != both || to_access_end(entry, swapped));
}

// The wire where the packet's direction was heard last, else the other direction; else the VPG's first one.
static inline uint16_t
wire_heard(const struct jn_vnet *vnet, const uint8_t heard[2], bool to_device) {
    if (__builtin_expect(!vnet->several_wires, 1))
        return vnet->first_wire;
    unsigned int wire = (heard[to_device] != 0 ? heard[to_device] : heard[!to_device]) - 1u;
    return wire < JN_MAX_WIRES && (vnet->vpg->wires >> wire & 1) ? (uint16_t)wire : vnet->first_wire;
}

// Does a frame with that tag still belong to the VPG, as one that is redirected?
static inline bool
is_vnets_tag(const struct jn_worker *worker, const struct jn_vnet *vnet, uint16_t wire, uint16_t vlan_tci) {
    const struct jn_vlan_vpg vpg = jn_ruleset_vpg_by_vlan(worker->rules->vpg_by_vlan[wire], vlan_tci);
    return vpg.vpg_idx == vnet->vpg_idx && vpg.vlan_id == JN_FLOW_VLAN_ID_NONE;
}

bool
jn_reinject_find_way(const struct jn_worker *worker, const struct jn_vnet *vnet, const struct jn_packet *packet,
                     bool to_device, struct jn_reinject_way *way) {
    const struct jn_l2_table *l2_table = worker->flow->l2_table;
    struct jn_l2_rewrite *l2 = &way->l2;
    bool found =
        jn_l2_rewrite_find(l2_table, vnet->vpg_idx, jn_packet_family(packet), packet->address[to_device], l2) ||
        (jn_l2_rewrite_last(l2_table, vnet->vpg_idx, l2) && !(to_device && l2->one_of_several));
    if (!found)
        return false;
    way->wire = wire_heard(vnet, l2->heard, to_device);
    return is_vnets_tag(worker, vnet, way->wire, l2->vlan_tci);
}

// Rebuild the frame by the flow's entry, else by the learned header of the device, else by the VPG's last. False if
// none is known, or if a change of policy gave that VLAN to another VPG.
static bool
restore_frame(const struct jn_worker *worker, struct rte_mbuf *mbuf, struct jn_packet *packet,
              const struct jn_vnet *vnet, const struct jn_flow_entry *entry, bool swapped, bool *to_device,
              uint16_t *wire) {
    struct jn_reinject_way way;
    if (__builtin_expect(entry != NULL && tells_all(entry, swapped), 1)) {
        *to_device = to_access_end(entry, swapped);
        *wire = wire_heard(vnet, worker->flow->through[entry - worker->flow->table.entries].heard, *to_device);
        if (is_vnets_tag(worker, vnet, *wire, entry->vlan_tci)) {
            jn_reinject_frame(mbuf, packet, entry->mac[!swapped], entry->mac[swapped], entry->vlan_tci);
            return true;
        }
    }
    *to_device = jn_ruleset_is_device(worker->rules, vnet->vpg_idx, jn_packet_family(packet), packet->address[1]);
    if (!jn_reinject_find_way(worker, vnet, packet, *to_device, &way))
        return false;
    const struct jn_l2_rewrite *l2 = &way.l2;
    jn_reinject_frame(mbuf, packet, *to_device ? l2->device : l2->remote, *to_device ? l2->remote : l2->device,
                      l2->vlan_tci);
    packet->vlan_tci = l2->vlan_tci;
    *wire = way.wire;
    return true;
}

// A packet to the network with an address or port that no device's packet had: answers belong to the gateway.
static struct jn_flow_entry *
begin_gateways_flow(struct jn_worker *worker, struct rte_mbuf *mbuf, uint16_t wire, const struct jn_flow_key *key) {
    const struct jn_flow_origin origin = {.ethernet = rte_pktmbuf_mtod(mbuf, const uint8_t *),
                                          .port = (uint8_t)worker->rules->wires[wire].access,
                                          .returned = true};
    return &worker->flow->table.entries[jn_flow_find_or_begin(worker, key, &origin)];
}

static inline void
count_reinjected(struct jn_worker *worker, struct jn_flow_entry *entry, const struct jn_packet *packet) {
    struct jn_flow_through *through = &worker->flow->through[entry - worker->flow->table.entries];
    jn_flow_close_interval(worker, entry);
    jn_flow_keep_beside(entry);
    through->returned++;
    through->returned_bytes += packet->ip_length;
    jn_store(&entry->last_ns, worker->now_ns);
}

static inline bool
is_of_former_vpg(const struct jn_worker *worker, uint32_t flow_idx) {
    const struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    return __builtin_expect(entry->current.generation != worker->rules->generation, 0) &&
           jn_ruleset_has_left(worker->rules, jn_flow_vpg(entry), entry->current.generation);
}

static void
reinject_one(struct jn_worker *worker, struct jn_reinject *reinject, unsigned int i, const struct jn_flow_key *key,
             uint32_t flow_idx, struct jn_outgoing out[2]) {
    struct jn_flow_state *flow = worker->flow;
    struct jn_packet *packet = &reinject->packet[i];
    struct rte_mbuf *mbuf = reinject->mbuf[i];
    const struct jn_vnet *vnet = reinject->vnet[i];
    bool to_device;
    uint16_t wire;
    if (flow_idx != JN_FLOW_NONE && flow->evicted && !jn_flow_table_holds(&flow->table, flow_idx, key))
        flow_idx = JN_FLOW_NONE;
    if (flow_idx != JN_FLOW_NONE && is_of_former_vpg(worker, flow_idx)) {
        jn_flow_end(worker, flow_idx, JN_END_FORCED);
        flow_idx = JN_FLOW_NONE;
    }
    struct jn_flow_entry *entry = flow_idx != JN_FLOW_NONE ? &flow->table.entries[flow_idx] : NULL;
    if (!restore_frame(worker, mbuf, packet, vnet, entry, entry != NULL && key->swapped, &to_device, &wire)) {
        jn_gate_drop_packet(worker, vnet->vpg_idx, JN_GATE_DROP_NO_L2_HEADER, mbuf);
        return;
    }
    if (flow_idx == JN_FLOW_NONE && !to_device && has_flow(packet))
        entry = begin_gateways_flow(worker, mbuf, wire, key);
    if (entry != NULL)
        count_reinjected(worker, entry, packet);
    const struct jn_wire_ports *ports = &worker->rules->wires[wire];
    jn_outgoing_add(worker, &out[to_device], to_device ? ports->access : ports->network, mbuf);
}

void
jn_reinject_send(struct jn_worker *worker) {
    struct jn_reinject *reinject = &worker->redirect->reinject;
    struct jn_flow_key keys[JN_REINJECT_MAX];
    uint32_t found[JN_REINJECT_MAX];
    uint8_t which[JN_REINJECT_MAX];
    struct jn_outgoing out[2] = {{.port = JN_NO_PORT}, {.port = JN_NO_PORT}};
    unsigned int count = 0, next = 0;
    for (unsigned int i = 0; i < reinject->count; i++)
        if (has_flow(&reinject->packet[i]))
            which[count++] = (uint8_t)i;
    jn_flow_keys(&worker->flow->table, reinject->packet, reinject->vpg_idx, which, count, keys);
    jn_flow_table_lookup(&worker->flow->table, keys, count, found);
    worker->flow->evicted = false;
    for (unsigned int i = 0; i < reinject->count; i++) {
        bool keyed = next < count && which[next] == i;
        reinject_one(worker, reinject, i, keyed ? &keys[next] : NULL, keyed ? found[next] : JN_FLOW_NONE, out);
        next += keyed;
    }
    reinject->count = 0;
    jn_outgoing_send(worker, &out[0]);
    jn_outgoing_send(worker, &out[1]);
}
