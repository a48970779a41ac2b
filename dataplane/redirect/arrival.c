// SPDX-License-Identifier: BSD-3-Clause
// What comes from virtual networks: whose it is, and whether it can be believed.
#include "redirect/arrival.h"

#include <string.h>

#include <rte_mbuf.h>

#include "address.h"
#include "gate/gate_hosts.h"
#include "gate/gate_neighbour.h"
#include "packet/bytes.h"
#include "packet/checksum.h"
#include "packet/headers.h"
#include "policy/ruleset.h"
#include "redirect/gate_drop.h"
#include "redirect/network_time.h"
#include "redirect/redirect_state.h"
#include "redirect/returned.h"
#include "underlay/underlay.h"

enum { SHORTEST_HEADERS = 16, VNI_AT = 12 };

// Where the VNI would be, before anything of it is believed; of a packet too short for it: one that no network has.
static uint32_t
vni_of(const struct jn_burst *burst, unsigned int i) {
    const struct jn_packet *outer = &burst->packet[i];
    if (outer->l4_offset == 0 || burst->length[i] < outer->l4_offset + (uint32_t)SHORTEST_HEADERS)
        return UINT32_MAX;
    return jn_be32(burst->data[i] + outer->l4_offset + VNI_AT) >> 8;
}

static bool
refuse(struct jn_worker *worker, const struct jn_network *network, enum jn_gate_loss why, struct rte_mbuf *mbuf) {
    jn_gate_lose(worker, network->slot, why, mbuf);
    return false;
}

const struct jn_network_source *
jn_arrival_source(const struct jn_worker *worker, const struct jn_burst *burst, unsigned int i) {
    const struct jn_packet *outer = &burst->packet[i];
    if (outer->protocol != JN_IP_UDP || !(outer->flags & JN_PACKET_PORTS) || outer->port[1] != JN_VXLAN_PORT)
        return NULL;
    return jn_network_find(worker->rules->sources, outer->address[0], jn_packet_family(outer), vni_of(burst, i));
}

bool
jn_arrival_is_plain(const struct jn_burst *burst, unsigned int i, const struct jn_network_source *source) {
    static const uint8_t nobody[6];
    const struct jn_packet *outer = &burst->packet[i];
    const struct jn_network_link *link = source->network->link[source->place];
    const uint8_t *frame = burst->data[i];
    return link != NULL && !link->tagged && burst->mbuf[i]->nb_segs == 1 && link->port == burst->port_in &&
           outer->flags == (JN_PACKET_IP | JN_PACKET_PORTS) && outer->notices == 0 && outer->l3_offset == 14 &&
           frame[14] == 0x45 && outer->port[1] == JN_VXLAN_PORT && memcmp(frame, link->own_mac, 6) == 0 &&
           !(frame[6] & 1) && memcmp(frame + 6, link->own_mac, 6) != 0 && memcmp(frame + 6, nobody, 6) != 0 &&
           memcmp(outer->address[1], link->own, 16) == 0 && jn_checksum_is_right_ipv4(frame + 14);
}

bool
jn_arrival_look(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i,
                const struct jn_network_source *source, struct jn_arrival *arrival) {
    struct rte_mbuf *mbuf = burst->mbuf[i];
    if (source == NULL) {
        jn_count(&worker->underlay->counters->ignored_tunnel, 1);
        rte_pktmbuf_free(mbuf);
        return false;
    }
    struct jn_vxlan_inner *inner = &arrival->inner;
    arrival->network = source->network;
    arrival->place = source->place;
    arrival->outcome =
        jn_vxlan_parse(&arrival->network->arrivals, burst->data[i], burst->length[i], &burst->packet[i], inner);
    if (arrival->outcome >= JN_VXLAN_FIRST_REFUSAL)
        return refuse(worker, arrival->network, (enum jn_gate_loss)(arrival->outcome - JN_VXLAN_FIRST_REFUSAL), mbuf);
    arrival->own =
        arrival->outcome == JN_VXLAN_PACKET &&
        jn_gate_is_own(arrival->network->engine.gate, jn_packet_family(&inner->packet), inner->packet.address[1]);
    return true;
}

static void
let_engine(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, const struct jn_arrival *arrival) {
    const struct jn_network *network = arrival->network;
    const struct jn_packet *packet = arrival->outcome == JN_VXLAN_ARP ? NULL : &arrival->inner.packet;
    const uint8_t *frame = burst->data[i] + arrival->inner.offset;
    uint8_t reply[RTE_MBUF_DEFAULT_DATAROOM];
    struct jn_gate_send send = {.frame = reply, .room = sizeof(reply)};
    struct jn_gate_engine engine = network->engine;
    engine.counters = &worker->redirect->counters[network->slot];
    enum jn_gate_loss why = (arrival->outcome == JN_VXLAN_PACKET ? jn_gate_own_packet : jn_gate_neighbour)(
        &engine, arrival->place, frame, arrival->inner.length, packet, worker->steady_ns, &send);
    if (send.length != 0)
        jn_network_send_frame(worker, network, reply, send.length, send.places);
    if (why != JN_GATE_LOSS_COUNT)
        jn_gate_lose(worker, network->slot, why, burst->mbuf[i]);
    else
        rte_pktmbuf_free(burst->mbuf[i]);
}

// The inner source is the peer's: named as its own, or heard from it.
static bool
is_its_own(const struct jn_network *network, uint8_t place, uint8_t family, const uint8_t *address) {
    if (!jn_gate_is_near(network->engine.gate, family, address))
        return false;
    if (jn_gate_peer_has(network->engine.peers[place], family, address))
        return true;
    uint64_t way = jn_gate_host_way(network->engine.state, family, address);
    return jn_way_kind(way) == JN_WAY_PEER && jn_way_place(way) == place;
}

static enum jn_gate_loss
check_host(const struct jn_worker *worker, const struct jn_arrival *arrival) {
    const struct jn_network *network = arrival->network;
    const struct jn_packet *packet = &arrival->inner.packet;
    uint8_t family = jn_packet_family(packet);
    if (!is_its_own(network, arrival->place, family, packet->address[0]))
        return JN_GATE_LOST_SPOOFED;
    if (!jn_ruleset_is_device(worker->rules, network->slot, family, packet->address[1]))
        return JN_GATE_LOST_NOT_DEVICE;
    bool apart = jn_ruleset_keeps_apart(worker->rules, network, family, packet->address[1], arrival->place);
    return apart ? JN_GATE_LOST_PRIVACY : JN_GATE_LOSS_COUNT;
}

// Has a gateway sent it, or one that was it a moment ago?
static bool
comes_back(const struct jn_worker *worker, const struct jn_arrival *arrival) {
    const struct jn_network *network = arrival->network;
    if (network->redirects && (network->sources >> arrival->place & 1))
        return true;
    return worker->now_ns < network->former_until_ns[arrival->place];
}

static enum jn_gate_loss
check(const struct jn_worker *worker, const struct jn_arrival *arrival, bool back) {
    const struct jn_network *network = arrival->network;
    const struct jn_packet *packet = &arrival->inner.packet;
    uint8_t family = jn_packet_family(packet);
    const uint8_t *from = packet->address[0], *to = packet->address[1];
    if (!jn_address_is_host(family, from) || jn_gate_is_own(network->engine.gate, family, from) ||
        jn_address_is_link_local(family, to) || !(jn_address_is_host(family, to) || jn_address_is_group(family, to)))
        return JN_GATE_LOST_INNER_ADDRESS;
    if (back)
        return JN_GATE_LOSS_COUNT;
    return network->redirects ? JN_GATE_LOST_NOT_GATEWAY : check_host(worker, arrival);
}

// A host's packet to a device takes the way of one that came in by the network port.
static bool
towards_device(struct jn_worker *worker, struct rte_mbuf *mbuf, const struct jn_arrival *arrival,
               struct jn_burst *onward) {
    const struct jn_network *network = arrival->network;
    const struct jn_packet *packet = &arrival->inner.packet;
    struct jn_station station;
    if (!jn_returned_station(worker, network, packet, true, &station)) {
        jn_gate_lose(worker, network->slot, JN_GATE_LOST_NO_STATION, mbuf);
        return false;
    }
    jn_returned_frame(mbuf, packet, station.device, station.remote, station.vlan);
    *onward = (struct jn_burst){.count = 1,
                                .port_in = network->network_port,
                                .port_out = network->access_port,
                                .wire = network->vpg->wire,
                                .from_network = true,
                                .link = JN_LINK_ETHERNET};
    onward->mbuf[0] = mbuf;
    onward->data[0] = rte_pktmbuf_mtod(mbuf, const uint8_t *);
    onward->length[0] = onward->bytes[0] = rte_pktmbuf_pkt_len(mbuf);
    jn_count(&worker->redirect->counters[network->slot].direct_in_packets, 1);
    return true;
}

static void
count_returned(struct jn_worker *worker, const struct jn_arrival *arrival) {
    struct jn_gate_peer_counters *peer = &worker->redirect->counters[arrival->network->slot].peers[arrival->place];
    jn_count(&peer->returned_packets, 1);
    jn_count(&peer->returned_bytes, arrival->inner.packet.ip_length);
}

bool
jn_arrival_take(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i,
                const struct jn_arrival *arrival, struct jn_burst *onward) {
    const struct jn_network *network = arrival->network;
    const struct jn_packet *packet = &arrival->inner.packet;
    struct rte_mbuf *mbuf = burst->mbuf[i];
    if (arrival->outcome != JN_VXLAN_PACKET || arrival->own) {
        let_engine(worker, burst, i, arrival);
        return false;
    }
    bool back = comes_back(worker, arrival);
    enum jn_gate_loss why = check(worker, arrival, back);
    if (why != JN_GATE_LOSS_COUNT) {
        jn_gate_lose(worker, network->slot, why, mbuf);
        return false;
    }
    rte_pktmbuf_adj(mbuf, (uint16_t)arrival->inner.offset);
    count_returned(worker, arrival);
    if (!back)
        return towards_device(worker, mbuf, arrival, onward);
    struct jn_returned *returned = &worker->redirect->returned;
    if (returned->count == JN_RETURNED)
        jn_returned_send(worker);
    returned->mbuf[returned->count] = mbuf;
    returned->network[returned->count] = network;
    returned->slot[returned->count] = network->slot;
    returned->packet[returned->count++] = *packet;
    return false;
}
