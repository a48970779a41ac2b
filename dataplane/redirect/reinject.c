// SPDX-License-Identifier: BSD-3-Clause
// Reinjection: a packet from the gateway leaves by the side of its destination, with the Ethernet header of its flow on
// the wire. It was inspected when it came in by the wire; it is neither inspected nor redirected again.
#include "redirect/reinject.h"

#include <string.h>

#include <rte_mbuf.h>

#include "core/tx.h"
#include "flow/flow_end.h"
#include "flow/flow_key.h"
#include "flow/flow_live.h"
#include "packet/parse.h"
#include "packet/put_headers.h"
#include "policy/ruleset.h"
#include "redirect/gate_counters.h"
#include "redirect/redirect_state.h"

// How many packets ahead of the one at hand what else its flow has is fetched.
enum { AHEAD = 6 };

// Write a frame's header before the IP packet that begins ip_at bytes behind the buffer's data; cut or pad the frame to its
// length. Behind the header up to two bytes are overwritten before they are written.
static inline void
put_frame(struct rte_mbuf *mbuf, uint32_t ip_at, uint32_t ip_length, bool v6, const uint8_t to[6],
          const uint8_t from[6], uint16_t vlan_tci) {
    uint32_t header = jn_ethernet_bytes(vlan_tci), length = header + ip_length;
    mbuf->data_off = (uint16_t)(mbuf->data_off + ip_at - header);
    uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
    jn_put_ethernet(frame, to, from, vlan_tci, jn_ether_type_of(jn_family(v6)));
    if (__builtin_expect(length < JN_SHORTEST_FRAME, 0)) {
        memset(frame + length, 0, JN_SHORTEST_FRAME - length);
        length = JN_SHORTEST_FRAME;
    }
    mbuf->data_len = (uint16_t)length;
    mbuf->pkt_len = length;
}

void
jn_reinject_frame(struct rte_mbuf *mbuf, const struct jn_packet *packet, const uint8_t to[6], const uint8_t from[6],
                  uint16_t vlan_tci) {
    put_frame(mbuf, packet->l3_offset, packet->ip_length, packet->flags & JN_PACKET_IPV6, to, from, vlan_tci);
}

// The key of a flow of its own: fragments have none, they go by their addresses.
static inline bool
has_flow(const struct jn_packet *packet) {
    return !(packet->flags & JN_PACKET_FRAGMENT);
}

void
jn_reinject_add(struct jn_worker *worker, const struct jn_vnet *vnet, struct rte_mbuf *mbuf,
                const struct jn_packet *packet) {
    struct jn_reinject *reinject = &worker->redirect->reinject;
    const struct jn_flow_table *table = &worker->flow->table;
    unsigned int at = reinject->count++;
    struct jn_packet *own = &reinject->packet[at];
    *own = *packet;
    own->vlan_id = JN_FLOW_VLAN_ID_NONE; // the virtual network has no VLANs
    reinject->mbuf[at] = mbuf;
    reinject->vnet[at] = vnet;
    reinject->inner_at[at] = 0;
    reinject->ip_length[at] = (uint16_t)packet->ip_length;
    if (!has_flow(packet))
        return;
    struct jn_flow_key *key = &reinject->key[reinject->keys++];
    jn_flow_key(table, own, vnet->vpg_idx, key);
    __builtin_prefetch(&table->buckets[jn_flow_first_bucket(table, key->hash)]);
    key->at = (uint8_t)at;
}

static inline bool
to_access_end(const struct jn_flow_entry *entry, bool swapped) {
    return jn_flow_access_is_b(entry) == !swapped;
}

// Is the MAC address known that lies so many bytes from the entry's beginning? Two bytes behind it are read, which are the
// entry's, too.
static inline bool
is_known(const struct jn_flow_entry *entry, size_t mac_at) {
    uint64_t word;
    memcpy(&word, (const uint8_t *)entry + mac_at, sizeof(word));
    return (word & htole64(UINT64_C(0xffffffffffff))) != 0;
}

// Does the entry tell the side and both MAC addresses? It does not for the gateway's own flows, nor for a packet
// between two devices whose entry has the network side only.
static inline bool
tells_all(const struct jn_flow_entry *entry, bool swapped) {
    const uint16_t both = JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B;
    uint16_t devices = entry->flags & both;
    if (!is_known(entry, offsetof(struct jn_flow_entry, mac[0])) ||
        !is_known(entry, offsetof(struct jn_flow_entry, mac[1])))
        return false;
    if (__builtin_expect(devices != 0 && devices != both, 1))
        return true;
    return devices == 0 ? !(entry->flags & JN_FLOW_RETURNED) : to_access_end(entry, swapped);
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

// What the flow's entry tells of a packet's way. False: not all, or a change of policy gave that VLAN to another VPG.
static inline bool
way_by_entry(const struct jn_worker *worker, const struct jn_vnet *vnet, const struct jn_flow_entry *entry,
             bool swapped, bool *to_device, uint16_t *wire) {
    if (__builtin_expect(!tells_all(entry, swapped), 0))
        return false;
    *to_device = to_access_end(entry, swapped);
    *wire = wire_heard(vnet, worker->flow->through[entry - worker->flow->table.entries].heard, *to_device);
    return is_vnets_tag(worker, vnet, *wire, entry->vlan_tci);
}

// Rebuild the frame by the flow's entry, else by the learned header of the device, else by the VPG's last. False if
// none is known, or if a change of policy gave that VLAN to another VPG.
static bool
restore_frame(const struct jn_worker *worker, struct rte_mbuf *mbuf, struct jn_packet *packet,
              const struct jn_vnet *vnet, const struct jn_flow_entry *entry, bool swapped, bool *to_device,
              uint16_t *wire) {
    struct jn_reinject_way way;
    if (entry != NULL && way_by_entry(worker, vnet, entry, swapped, to_device, wire)) {
        jn_reinject_frame(mbuf, packet, entry->mac[!swapped], entry->mac[swapped], entry->vlan_tci);
        return true;
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

// In the interval at hand.
static inline void
count_reinjected(struct jn_worker *worker, struct jn_flow_entry *entry, uint32_t ip_length) {
    struct jn_flow_through *through = &worker->flow->through[entry - worker->flow->table.entries];
    jn_flow_keep_beside(entry);
    through->returned++;
    through->returned_bytes += ip_length;
    jn_store(&entry->last_ns, worker->now_ns);
}

static inline bool
is_of_former_vpg(const struct jn_worker *worker, uint32_t flow_idx) {
    const struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    return __builtin_expect(entry->current.generation != worker->rules->generation, 0) &&
           jn_ruleset_has_left(worker->rules, jn_flow_vpg(entry), entry->current.generation);
}

static inline void
send_by(struct jn_worker *worker, struct jn_outgoing out[2], uint16_t wire, bool to_device, struct rte_mbuf *mbuf) {
    const struct jn_wire_ports *ports = &worker->rules->wires[wire];
    jn_outgoing_add(worker, &out[to_device], to_device ? ports->access : ports->network, mbuf);
}

// One of a flow that is known and up to date, whose entry tells all. flow_idx: an entry that may be it, or JN_FLOW_NONE.
// False: nothing was done.
static inline bool
reinject_known(struct jn_worker *worker, const struct jn_reinject *reinject, const struct jn_flow_key *key,
               uint32_t flow_idx, uint32_t current, struct jn_outgoing out[2]) {
    struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    unsigned int at = key->at;
    struct rte_mbuf *mbuf = reinject->mbuf[at];
    uint32_t ip_length = reinject->ip_length[at];
    bool to_device, swapped = key->swapped;
    uint16_t wire;
    if (flow_idx == JN_FLOW_NONE || !jn_flow_is(entry, key) || entry->current.both != current ||
        !way_by_entry(worker, reinject->vnet[at], entry, swapped, &to_device, &wire))
        return false;
    put_frame(mbuf, reinject->inner_at[at] + JN_ETHERNET_BYTES, ip_length, key->v6, entry->mac[!swapped],
              entry->mac[swapped], entry->vlan_tci);
    count_reinjected(worker, entry, ip_length);
    send_by(worker, out, wire, to_device, mbuf);
    return true;
}

// Parse one that is not, and let its mbuf begin with the inner frame.
static struct jn_packet *
make_parsed(struct jn_reinject *reinject, unsigned int at) {
    struct jn_packet *packet = &reinject->packet[at];
    if (reinject->inner_at[at] != 0) {
        const uint8_t *frame = (const uint8_t *)rte_pktmbuf_adj(reinject->mbuf[at], reinject->inner_at[at]);
        uint32_t length = JN_ETHERNET_BYTES + reinject->ip_length[at];
        jn_parse_frames(&frame, &length, &length, JN_LINKTYPE_ETHERNET, packet, 1);
        packet->vlan_id = JN_FLOW_VLAN_ID_NONE;
    }
    return packet;
}

// Any other. key: NULL where it has no flow.
static __attribute__((noinline)) void
reinject_any(struct jn_worker *worker, struct jn_reinject *reinject, unsigned int at, const struct jn_flow_key *key,
             struct jn_outgoing out[2]) {
    struct jn_flow_state *flow = worker->flow;
    struct jn_packet *packet = make_parsed(reinject, at);
    struct rte_mbuf *mbuf = reinject->mbuf[at];
    const struct jn_vnet *vnet = reinject->vnet[at];
    bool to_device;
    uint16_t wire;
    uint32_t flow_idx = key != NULL ? jn_flow_table_find(&flow->table, key) : JN_FLOW_NONE;
    if (flow_idx != JN_FLOW_NONE && is_of_former_vpg(worker, flow_idx)) {
        jn_flow_end(worker, flow_idx, JN_END_FORCED);
        flow_idx = JN_FLOW_NONE;
    }
    struct jn_flow_entry *entry = flow_idx != JN_FLOW_NONE ? &flow->table.entries[flow_idx] : NULL;
    if (!restore_frame(worker, mbuf, packet, vnet, entry, entry != NULL && key->swapped, &to_device, &wire)) {
        jn_gate_drop_packet(worker, vnet->vpg_idx, JN_GATE_DROP_NO_L2_HEADER, mbuf);
        return;
    }
    if (entry == NULL && !to_device && key != NULL)
        entry = begin_gateways_flow(worker, mbuf, wire, key);
    if (entry != NULL) {
        jn_flow_close_interval(worker, entry);
        count_reinjected(worker, entry, packet->ip_length);
    }
    send_by(worker, out, wire, to_device, mbuf);
}

// What is written beside the line that was looked for.
static inline void
prefetch_rest(const struct jn_flow_state *flow, uint32_t flow_idx) {
    __builtin_prefetch(flow->table.entries[flow_idx].mac);
    __builtin_prefetch(&flow->through[flow_idx], 1);
}

void
jn_reinject_send(struct jn_worker *worker) {
    struct jn_reinject *reinject = &worker->redirect->reinject;
    uint32_t found[JN_REINJECT_MAX + AHEAD], current = jn_flow_present(worker).current.both;
    struct jn_outgoing out[2] = {{.port = JN_NO_PORT}, {.port = JN_NO_PORT}};
    unsigned int keys = reinject->keys, at = 0;
    jn_flow_table_foresee(&worker->flow->table, reinject->key, keys, found);
    memset(found + keys, 0, AHEAD * sizeof(found[0]));
    for (unsigned int k = 0; k < AHEAD; k++)
        prefetch_rest(worker->flow, found[k]);
    for (unsigned int k = 0; k < keys; k++) {
        const struct jn_flow_key *key = &reinject->key[k];
        for (; at < key->at; at++)
            reinject_any(worker, reinject, at, NULL, out);
        prefetch_rest(worker->flow, found[k + AHEAD]);
        if (!reinject_known(worker, reinject, key, found[k], current, out))
            reinject_any(worker, reinject, at, key, out);
        at++;
    }
    for (; at < reinject->count; at++)
        reinject_any(worker, reinject, at, NULL, out);
    reinject->count = reinject->keys = 0;
    jn_outgoing_send(worker, &out[0]);
    jn_outgoing_send(worker, &out[1]);
}
