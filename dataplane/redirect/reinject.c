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

// A frame of that length is too short: its new length.
static __attribute__((noinline)) uint32_t
pad(uint8_t *frame, uint32_t length) {
    memset(frame + length, 0, JN_SHORTEST_FRAME - length);
    return JN_SHORTEST_FRAME;
}

void
jn_reinject_frame(struct rte_mbuf *mbuf, const struct jn_packet *packet, const uint8_t to[6], const uint8_t from[6],
                  uint16_t vlan_tci) {
    uint32_t header = jn_ethernet_bytes(vlan_tci), length = header + packet->ip_length;
    mbuf->data_off = (uint16_t)(mbuf->data_off + packet->l3_offset - header);
    uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
    jn_put_ethernet(frame, to, from, vlan_tci, jn_ether_type_of(jn_packet_family(packet)));
    if (length < JN_SHORTEST_FRAME)
        length = pad(frame, length);
    mbuf->data_len = (uint16_t)length;
    mbuf->pkt_len = length;
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
is_vnets_tag(const struct jn_ruleset *rules, const struct jn_vnet *vnet, uint16_t wire, uint16_t vlan_tci) {
    const struct jn_vlan_vpg vpg = jn_ruleset_vpg_by_vlan(rules->vpg_by_vlan[wire], vlan_tci);
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
    return is_vnets_tag(worker->rules, vnet, way->wire, l2->vlan_tci);
}

// What is the same for all packets that wait.
struct now {
    const struct jn_ruleset *rules;
    struct jn_flow_entry *entries;
    struct jn_flow_through *through;
    uint64_t ns;
    uint32_t current; // of an entry that is up to date
};

static inline struct now
now_of(const struct jn_worker *worker) {
    return (struct now){worker->rules, worker->flow->table.entries, worker->flow->through, worker->now_ns,
                        jn_flow_present(worker).current.both};
}

// What a flow's entry tells of a packet's way.
struct told {
    uint64_t to, from; // MAC addresses in the first six bytes
    uint16_t vlan_tci, wire;
    bool to_device;
};

// The packet before, of a VPG with one wire: a frame with that tag belongs to the network, and `out` has the wire's ports.
struct before {
    const struct jn_vnet *vnet; // NULL: none
    uint16_t vlan_tci;
};

// The MAC address behind an end, in the first six bytes: both lie in the entry's last sixteen.
static inline uint64_t
mac_behind(const struct jn_flow_entry *entry, unsigned int end) {
    uint64_t word;
    memcpy(&word, (const uint8_t *)entry + offsetof(struct jn_flow_entry, mac) + 6 * end, sizeof(word));
    return word;
}

// Does the entry tell the side? It does not for the gateway's own flows, nor for a packet between two devices whose entry has
// the network side only.
static inline bool
tell_side(const struct jn_flow_entry *entry, bool swapped, bool *to_device) {
    uint16_t devices = entry->flags & (JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B);
    if (__builtin_expect(devices == JN_FLOW_DEVICE_A || devices == JN_FLOW_DEVICE_B, 1)) {
        *to_device = (devices == JN_FLOW_DEVICE_B) ^ swapped;
        return true;
    }
    *to_device = jn_flow_access_is_b(entry) == !swapped;
    return devices == 0 ? !(entry->flags & JN_FLOW_RETURNED) : *to_device;
}

// All but the wire. False: the entry does not tell the side or a MAC address.
static inline bool
tell(const struct now *now, uint32_t flow_idx, bool swapped, struct told *told) {
    const uint64_t mac = htobe64(UINT64_MAX << 16);
    const struct jn_flow_entry *entry = &now->entries[flow_idx];
    uint64_t a = mac_behind(entry, 0), b = mac_behind(entry, 1);
    if ((a & mac) == 0 || (b & mac) == 0 || !tell_side(entry, swapped, &told->to_device))
        return false;
    uint64_t turn = (a ^ b) & -(uint64_t)swapped; // no branch: packets go both ways
    told->to = b ^ turn;
    told->from = a ^ turn;
    told->vlan_tci = entry->vlan_tci;
    return true;
}

// The wire. False: a change of policy gave that VLAN to another VPG.
static inline bool
tell_wire(const struct now *now, const struct jn_vnet *vnet, uint32_t flow_idx, struct told *told) {
    told->wire = wire_heard(vnet, now->through[flow_idx].heard, told->to_device);
    return is_vnets_tag(now->rules, vnet, told->wire, told->vlan_tci);
}

// Rebuild the frame by the learned header of the device, else by the VPG's last. False if none is known, or if a change of
// policy gave that VLAN to another VPG.
static bool
restore_frame(const struct jn_worker *worker, struct rte_mbuf *mbuf, struct jn_packet *packet,
              const struct jn_vnet *vnet, bool *to_device, uint16_t *wire) {
    struct jn_reinject_way way;
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
static uint32_t
begin_gateways_flow(struct jn_worker *worker, struct rte_mbuf *mbuf, uint16_t wire, const struct jn_flow_key *key) {
    const struct jn_flow_origin origin = {.ethernet = rte_pktmbuf_mtod(mbuf, const uint8_t *),
                                          .port = (uint8_t)worker->rules->wires[wire].access,
                                          .returned = true};
    return jn_flow_find_or_begin(worker, key, &origin);
}

// In the interval at hand.
static inline void
count_reinjected(const struct now *now, uint32_t flow_idx, uint32_t ip_length) {
    struct jn_flow_entry *entry = &now->entries[flow_idx];
    jn_flow_keep_beside(entry);
    now->through[flow_idx].returned++;
    now->through[flow_idx].returned_bytes += ip_length;
    jn_store(&entry->last_ns, now->ns);
}

static inline bool
is_of_former_vpg(const struct jn_worker *worker, uint32_t flow_idx) {
    const struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    return __builtin_expect(entry->current.generation != worker->rules->generation, 0) &&
           jn_ruleset_has_left(worker->rules, jn_flow_vpg(entry), entry->current.generation);
}

static inline void
send_by(struct jn_worker *worker, const struct now *now, struct jn_outgoing out[2], uint16_t wire, bool to_device,
        struct rte_mbuf *mbuf) {
    const struct jn_wire_ports *ports = &now->rules->wires[wire];
    jn_outgoing_add(worker, &out[to_device], to_device ? ports->access : ports->network, mbuf);
}

// The frame of one whose flow tells all. Its EtherType stays where it is: right before the IP packet, as in every inner frame
// that is let in.
static inline struct rte_mbuf *
make_frame(const struct now *now, const struct jn_reinject *reinject, unsigned int at, uint32_t flow_idx,
           const struct told *told) {
    struct rte_mbuf *mbuf = reinject->mbuf[at];
    uint32_t ip_length = reinject->ip_length[at], header = jn_ethernet_bytes(told->vlan_tci),
             length = header + ip_length;
    mbuf->data_off = (uint16_t)(mbuf->data_off + reinject->inner_at[at] + JN_ETHERNET_BYTES - header);
    uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
    memcpy(frame, &told->to, sizeof(told->to));
    memcpy(frame + 6, &told->from, 6);
    if (told->vlan_tci != JN_VLAN_TCI_NONE)
        jn_put_be32(frame + 12, (uint32_t)JN_ETHER_VLAN << 16 | told->vlan_tci);
    if (__builtin_expect(length < JN_SHORTEST_FRAME, 0))
        length = pad(frame, length);
    mbuf->data_len = (uint16_t)length;
    mbuf->pkt_len = length;
    count_reinjected(now, flow_idx, ip_length);
    return mbuf;
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
        reinject->inner_at[at] = 0;
    }
    return packet;
}

// Any other. key: NULL where it has no flow.
static __attribute__((noinline)) void
reinject_any(struct jn_worker *worker, const struct now *now, struct jn_reinject *reinject, unsigned int at,
             const struct jn_flow_key *key, struct jn_outgoing out[2]) {
    struct jn_packet *packet = make_parsed(reinject, at);
    struct rte_mbuf *mbuf = reinject->mbuf[at];
    const struct jn_vnet *vnet = reinject->vnet[at];
    struct told told;
    uint32_t flow_idx = key != NULL ? jn_flow_table_find(&worker->flow->table, key) : JN_FLOW_NONE;
    if (flow_idx != JN_FLOW_NONE && is_of_former_vpg(worker, flow_idx)) {
        jn_flow_end(worker, flow_idx, JN_END_FORCED);
        flow_idx = JN_FLOW_NONE;
    }
    if (flow_idx != JN_FLOW_NONE)
        jn_flow_close_interval(worker, &now->entries[flow_idx]);
    if (flow_idx != JN_FLOW_NONE && tell(now, flow_idx, key->swapped, &told) && tell_wire(now, vnet, flow_idx, &told)) {
        send_by(worker, now, out, told.wire, told.to_device, make_frame(now, reinject, at, flow_idx, &told));
        return;
    }
    if (!restore_frame(worker, mbuf, packet, vnet, &told.to_device, &told.wire)) {
        jn_gate_drop_packet(worker, vnet->vpg_idx, JN_GATE_DROP_NO_L2_HEADER, mbuf);
        return;
    }
    if (flow_idx == JN_FLOW_NONE && !told.to_device && key != NULL)
        flow_idx = begin_gateways_flow(worker, mbuf, told.wire, key);
    if (flow_idx != JN_FLOW_NONE)
        count_reinjected(now, flow_idx, packet->ip_length);
    send_by(worker, now, out, told.wire, told.to_device, mbuf);
}

_Static_assert(JN_REINJECT_MAX <= JN_BURST, "one way has room for all that wait");

// What follows goes to that port.
static void
turn_to(struct jn_worker *worker, struct jn_outgoing *out, uint16_t port) {
    if (port == out->port)
        return;
    jn_outgoing_send(worker, out);
    out->port = port;
}

// May frames of the network with that tag leave by the ports of `out`, as the packet before? They are set so, where they may.
static inline bool
go_as_before(struct jn_worker *worker, const struct now *now, const struct jn_vnet *vnet, uint16_t vlan_tci,
             struct before *before, struct jn_outgoing out[2]) {
    if (__builtin_expect(vnet == before->vnet && vlan_tci == before->vlan_tci, 1))
        return true;
    if (vnet->several_wires || !is_vnets_tag(now->rules, vnet, vnet->first_wire, vlan_tci))
        return false;
    const struct jn_wire_ports *ports = &now->rules->wires[vnet->first_wire];
    turn_to(worker, &out[0], ports->network);
    turn_to(worker, &out[1], ports->access);
    *before = (struct before){vnet, vlan_tci};
    return true;
}

// One of a flow that is known and up to date, whose entry tells all; any other is left to reinject_any. flow_idx: an entry
// that may be it, or JN_FLOW_NONE.
static inline void
reinject_keyed(struct jn_worker *worker, const struct now *now, struct jn_reinject *reinject,
               const struct jn_flow_key *key, uint32_t flow_idx, struct before *before, struct jn_outgoing out[2]) {
    const struct jn_flow_entry *entry = &now->entries[flow_idx];
    struct told told;
    if (flow_idx != JN_FLOW_NONE && jn_flow_is(entry, key) && entry->current.both == now->current &&
        tell(now, flow_idx, key->swapped, &told) &&
        go_as_before(worker, now, reinject->vnet[key->at], told.vlan_tci, before, out)) {
        struct jn_outgoing *way = &out[told.to_device]; // has room: as many as wait
        way->mbufs[way->count++] = make_frame(now, reinject, key->at, flow_idx, &told);
        return;
    }
    reinject_any(worker, now, reinject, key->at, key, out);
    before->vnet = NULL;
}

// What is touched beside the line that was looked for.
static inline void
prefetch_rest(const struct now *now, uint32_t flow_idx) {
    __builtin_prefetch(now->entries[flow_idx].mac);
    __builtin_prefetch(&now->through[flow_idx], 1);
}

void
jn_reinject_send(struct jn_worker *worker) {
    struct jn_reinject *reinject = &worker->redirect->reinject;
    const struct now now = now_of(worker);
    uint32_t found[JN_REINJECT_MAX + AHEAD];
    struct jn_outgoing out[2] = {{.port = JN_NO_PORT}, {.port = JN_NO_PORT}};
    struct before before = {NULL, 0};
    unsigned int keys = reinject->keys, at = 0;
    jn_flow_table_foresee_keys(&worker->flow->table, reinject->key, keys, found);
    memset(found + keys, 0, AHEAD * sizeof(found[0]));
    for (unsigned int k = 0; k < AHEAD; k++)
        prefetch_rest(&now, found[k]);
    for (unsigned int k = 0; k < keys; k++, at++) {
        const struct jn_flow_key *key = &reinject->key[k];
        for (; __builtin_expect(at < key->at, 0); at++, before.vnet = NULL)
            reinject_any(worker, &now, reinject, at, NULL, out);
        prefetch_rest(&now, found[k + AHEAD]);
        reinject_keyed(worker, &now, reinject, key, found[k], &before, out);
    }
    for (; at < reinject->count; at++)
        reinject_any(worker, &now, reinject, at, NULL, out);
    reinject->count = reinject->keys = 0;
    jn_outgoing_send(worker, &out[0]);
    jn_outgoing_send(worker, &out[1]);
}
