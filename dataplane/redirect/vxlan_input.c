// SPDX-License-Identifier: BSD-3-Clause
#include "redirect/vxlan_input.h"

#include <string.h>

#include <rte_mbuf.h>

#include "address.h"
#include "gate/gate_hosts.h"
#include "gate/gate_neighbour.h"
#include "packet/bytes.h"
#include "packet/checksum.h"
#include "packet/headers.h"
#include "policy/classify.h"
#include "redirect/gate_counters.h"
#include "redirect/redirect_state.h"
#include "redirect/reinject.h"
#include "redirect/vnet_timers.h"
#include "underlay/underlay.h"

enum { SHORTEST_HEADERS = 16, VNI_AT = 12 };

// Read the VNI before anything is checked. A packet too short for one gets a VNI that no network has.
static uint32_t
vni_of(const struct jn_burst *burst, unsigned int i) {
    const struct jn_packet *outer = jn_burst_packet(burst, i);
    if (outer->l4_offset == 0 || burst->length[i] < outer->l4_offset + (uint32_t)SHORTEST_HEADERS)
        return UINT32_MAX;
    return jn_be32(burst->data[i] + outer->l4_offset + VNI_AT) >> 8;
}

const struct jn_vnet_source *
jn_vxlan_input_source(const struct jn_worker *worker, const struct jn_burst *burst, unsigned int i) {
    const struct jn_packet *outer = jn_burst_packet(burst, i);
    if (outer->protocol != JN_IP_UDP || !(outer->flags & JN_PACKET_PORTS) || outer->port[1] != JN_VXLAN_PORT)
        return NULL;
    return jn_vnet_find_source(worker->rules->sources, outer->address[0], jn_packet_family(outer), vni_of(burst, i));
}

bool
jn_vxlan_input_is_plain(const struct jn_burst *burst, unsigned int i, const struct jn_vnet_source *source) {
    static const uint8_t nobody[6];
    const struct jn_packet *outer = jn_burst_packet(burst, i);
    const struct jn_vnet_tunnel *tunnel = source->vnet->tunnel[source->peer_idx];
    const uint8_t *frame = burst->data[i];
    return tunnel != NULL && !tunnel->tagged && burst->mbuf[i]->nb_segs == 1 && tunnel->port == burst->port_in &&
           outer->flags == (JN_PACKET_IP | JN_PACKET_PORTS) && outer->exceptions == 0 && outer->l3_offset == 14 &&
           frame[14] == 0x45 && outer->port[1] == JN_VXLAN_PORT && memcmp(frame, tunnel->own_mac, 6) == 0 &&
           !(frame[6] & 1) && memcmp(frame + 6, tunnel->own_mac, 6) != 0 && memcmp(frame + 6, nobody, 6) != 0 &&
           memcmp(outer->address[1], tunnel->own, 16) == 0 && jn_checksum_is_right_ipv4(frame + 14);
}

bool
jn_vxlan_input_check(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i,
                     const struct jn_vnet_source *source, struct jn_vxlan_input *input) {
    struct rte_mbuf *mbuf = burst->mbuf[i];
    if (source == NULL) {
        jn_count(&worker->underlay->counters->ignored_tunnel, 1);
        rte_pktmbuf_free(mbuf);
        return false;
    }
    struct jn_vxlan_inner *inner = &input->inner;
    input->vnet = source->vnet;
    input->peer_idx = source->peer_idx;
    input->outcome =
        jn_vxlan_parse(&input->vnet->expected, burst->data[i], burst->length[i], jn_burst_packet(burst, i), inner);
    if (input->outcome >= JN_VXLAN_FIRST_REFUSAL) {
        enum jn_gate_drop why = (enum jn_gate_drop)(input->outcome - JN_VXLAN_FIRST_REFUSAL);
        jn_gate_drop_packet(worker, input->vnet->vpg_idx, why, mbuf);
        return false;
    }
    input->own = input->outcome == JN_VXLAN_PACKET &&
                 jn_gate_is_own(input->vnet->engine.gate, jn_packet_family(&inner->packet), inner->packet.address[1]);
    return true;
}

static void
let_engine(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, const struct jn_vxlan_input *input) {
    const struct jn_vnet *vnet = input->vnet;
    const struct jn_packet *packet = input->outcome == JN_VXLAN_ARP ? NULL : &input->inner.packet;
    const uint8_t *frame = burst->data[i] + input->inner.offset;
    uint8_t reply[RTE_MBUF_DEFAULT_DATAROOM];
    struct jn_gate_send send = {.frame = reply, .room = sizeof(reply)};
    struct jn_gate_engine engine = vnet->engine;
    engine.counters = jn_vnet_counters(worker, vnet->vpg_idx);
    engine.limits = worker->underlay->limits;
    enum jn_gate_drop why = (input->outcome == JN_VXLAN_PACKET ? jn_gate_own_packet : jn_gate_neighbour)(
        &engine, input->peer_idx, frame, input->inner.length, packet, worker->steady_ns, &send);
    if (send.length != 0)
        jn_vnet_send_frame(worker, vnet, reply, send.length, send.peer_bits, JN_OWN_ANSWER);
    if (why != JN_GATE_DROP_COUNT)
        jn_gate_drop_packet(worker, vnet->vpg_idx, why, burst->mbuf[i]);
    else
        rte_pktmbuf_free(burst->mbuf[i]);
}

// Is the inner source the peer's: named in the policy, or heard from it?
static bool
is_its_own(const struct jn_vnet *vnet, uint8_t peer_idx, uint8_t family, const uint8_t *address) {
    if (!jn_gate_is_near(vnet->engine.gate, family, address))
        return false;
    if (jn_gate_peer_has(vnet->engine.peers[peer_idx], family, address))
        return true;
    uint64_t target = jn_gate_host_target(vnet->engine.state, family, address);
    return jn_target_kind(target) == JN_TARGET_PEER && jn_target_peer_idx(target) == peer_idx;
}

static enum jn_gate_drop
check_host(const struct jn_worker *worker, const struct jn_vxlan_input *input) {
    const struct jn_vnet *vnet = input->vnet;
    const struct jn_packet *packet = &input->inner.packet;
    uint8_t family = jn_packet_family(packet);
    if (!is_its_own(vnet, input->peer_idx, family, packet->address[0]))
        return JN_GATE_DROP_SPOOFED;
    if (!jn_ruleset_is_device(worker->rules, vnet->vpg_idx, family, packet->address[1]))
        return JN_GATE_DROP_NOT_DEVICE;
    bool apart = jn_keeps_apart(worker->rules, vnet, family, packet->address[1], input->peer_idx);
    return apart ? JN_GATE_DROP_PRIVACY : JN_GATE_DROP_COUNT;
}

// Did a gateway send it, or a former one that packets may still come from?
static bool
comes_back(const struct jn_worker *worker, const struct jn_vxlan_input *input) {
    const struct jn_vnet *vnet = input->vnet;
    if (vnet->redirects && (vnet->sources >> input->peer_idx & 1))
        return true;
    return worker->now_ns < vnet->former_until_ns[input->peer_idx];
}

static enum jn_gate_drop
check_inner_packet(const struct jn_worker *worker, const struct jn_vxlan_input *input, bool back) {
    const struct jn_vnet *vnet = input->vnet;
    const struct jn_packet *packet = &input->inner.packet;
    uint8_t family = jn_packet_family(packet);
    const uint8_t *from = packet->address[0], *to = packet->address[1];
    if (!jn_address_is_host(family, from) || jn_gate_is_own(vnet->engine.gate, family, from) ||
        jn_address_is_link_local(family, to) || !(jn_address_is_host(family, to) || jn_address_is_group(family, to)))
        return JN_GATE_DROP_INNER_ADDRESS;
    if (back)
        return JN_GATE_DROP_COUNT;
    return vnet->redirects ? JN_GATE_DROP_NOT_GATEWAY : check_host(worker, input);
}

// A host's packet to a device is treated like one that came in by the network port.
static bool
towards_device(struct jn_worker *worker, struct rte_mbuf *mbuf, const struct jn_vxlan_input *input,
               struct jn_burst *onward) {
    const struct jn_vnet *vnet = input->vnet;
    const struct jn_packet *packet = &input->inner.packet;
    struct jn_reinject_way way;
    if (!jn_reinject_find_way(worker, vnet, packet, true, &way)) {
        jn_gate_drop_packet(worker, vnet->vpg_idx, JN_GATE_DROP_NO_L2_HEADER, mbuf);
        return false;
    }
    jn_reinject_frame(mbuf, packet, way.l2.device, way.l2.remote, way.l2.vlan_tci);
    *onward = (struct jn_burst){.count = 1,
                                .port_in = worker->rules->wires[way.wire].network,
                                .port_out = worker->rules->wires[way.wire].access,
                                .wire = way.wire,
                                .from_network = true,
                                .link_type = JN_LINKTYPE_ETHERNET};
    onward->mbuf[0] = mbuf;
    onward->data[0] = rte_pktmbuf_mtod(mbuf, const uint8_t *);
    onward->length[0] = onward->bytes[0] = rte_pktmbuf_pkt_len(mbuf);
    jn_count(&jn_vnet_counters(worker, vnet->vpg_idx)->direct_in_packets, 1);
    return true;
}

bool
jn_vxlan_input_take(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i,
                    const struct jn_vxlan_input *input, struct jn_burst *onward) {
    const struct jn_vnet *vnet = input->vnet;
    const struct jn_packet *packet = &input->inner.packet;
    struct rte_mbuf *mbuf = burst->mbuf[i];
    if (input->outcome != JN_VXLAN_PACKET || input->own) {
        let_engine(worker, burst, i, input);
        return false;
    }
    bool back = comes_back(worker, input);
    enum jn_gate_drop why = check_inner_packet(worker, input, back);
    if (why != JN_GATE_DROP_COUNT) {
        jn_gate_drop_packet(worker, vnet->vpg_idx, why, mbuf);
        return false;
    }
    rte_pktmbuf_adj(mbuf, (uint16_t)input->inner.offset);
    struct jn_gate_peer_counters *peer = &jn_vnet_counters(worker, vnet->vpg_idx)->peers[input->peer_idx];
    jn_count(&peer->returned_packets, 1);
    jn_count(&peer->returned_bytes, packet->ip_length);
    if (!back)
        return towards_device(worker, mbuf, input, onward);
    if (worker->redirect->reinject.count == JN_REINJECT_MAX)
        jn_reinject_send(worker);
    jn_reinject_add(worker, vnet, mbuf, packet);
    return false;
}
