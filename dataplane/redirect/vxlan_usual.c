// SPDX-License-Identifier: BSD-3-Clause
#include "redirect/vxlan_usual.h"

#include <rte_mbuf.h>

#include "packet/ip.h"
#include "redirect/gate_counters.h"
#include "redirect/redirect_state.h"
#include "redirect/reinject.h"
#include "redirect/vxlan_input.h"

// Are the peer's packets those of a gateway, and does the burst's port lead to it?
static const struct jn_vxlan_pattern *
pattern_of(const struct jn_vnet_source *source, uint16_t port) {
    const struct jn_vnet_tunnel *tunnel = source != NULL ? source->vnet->tunnel[source->peer_idx] : NULL;
    bool gateway = tunnel != NULL && source->vnet->redirects && (source->vnet->sources >> source->peer_idx & 1);
    return gateway && tunnel->port == port ? &tunnel->pattern : NULL;
}

static inline bool
is_sound_ip(const uint8_t *ip, const struct jn_packet *packet) {
    if (packet->flags & JN_PACKET_IPV6)
        return jn_be16(ip + 4) + JN_IPV6_BYTES == packet->ip_length; // of a jumbogram the frame told
    return ip[0] == 0x45 && jn_be16(ip + 2) == packet->ip_length && jn_checksum_is_right_ipv4(ip);
}

// What jn_vxlan_input_check and jn_vxlan_input_take let go on of a gateway's packets, if they are usual.
static inline bool
is_inner_usual(const struct jn_gate *gate, const uint8_t *frame, const struct jn_packet *packet) {
    uint32_t flags = packet->flags & ~(uint32_t)(JN_PACKET_TCP | JN_PACKET_IPV6);
    const uint8_t *from = packet->address[0], *to = packet->address[1];
    uint8_t family = jn_packet_family(packet);
    if (flags != (JN_PACKET_IP | JN_PACKET_PORTS) || packet->exceptions != 0 ||
        packet->l3_offset != JN_ETHERNET_BYTES || (packet->protocol != JN_IP_TCP && packet->protocol != JN_IP_UDP) ||
        !is_sound_ip(frame + JN_ETHERNET_BYTES, packet))
        return false;
    return jn_address_is_host(family, from) && !jn_gate_is_own(gate, family, from) &&
           !jn_gate_is_own(gate, family, to) && !jn_address_is_link_local(family, to) &&
           (jn_address_is_host(family, to) || jn_address_is_group(family, to));
}

void
jn_vxlan_usual_look(const struct jn_worker *worker, const struct jn_burst *burst, struct jn_vxlan_usual *usual) {
    const struct jn_vnet_source *source = NULL;
    const struct jn_vxlan_pattern *pattern = NULL;
    const uint8_t *frames[JN_BURST];
    uint32_t length[JN_BURST];
    uint8_t which[JN_BURST];
    unsigned int count = 0;
    usual->mask = 0;
    usual->counted = NULL;
    if (worker->rules->sources == NULL)
        return;
    for (unsigned int i = 0; i < burst->count; i++) {
        const uint8_t *frame = burst->data[i];
        if (burst->mbuf[i]->nb_segs != 1)
            continue;
        if (pattern == NULL || !jn_vxlan_pattern_matches(pattern, frame, burst->length[i])) {
            source = jn_vxlan_input_source(worker, burst, i);
            pattern = pattern_of(source, burst->port_in);
            if (pattern == NULL || !jn_vxlan_pattern_matches(pattern, frame, burst->length[i]))
                continue;
        }
        usual->source[i] = source;
        frames[count] = usual->frame[i] = frame + pattern->inner_at;
        length[count] = jn_vxlan_pattern_inner(pattern, frame);
        which[count++] = (uint8_t)i;
    }
    if (count == 0)
        return;
    jn_parse_frames(frames, length, length, JN_LINKTYPE_ETHERNET, usual->inner, count);
    for (unsigned int n = 0; n < count; n++) {
        unsigned int i = which[n];
        usual->nth[i] = (uint8_t)n;
        if (is_inner_usual(usual->source[i]->vnet->engine.gate, frames[n], &usual->inner[n]))
            usual->mask |= UINT64_C(1) << i;
    }
}

void
jn_vxlan_usual_count(struct jn_worker *worker, struct jn_vxlan_usual *usual) {
    if (usual->counted == NULL)
        return;
    struct jn_gate_counters *counters = jn_vnet_counters(worker, usual->counted->vnet->vpg_idx);
    jn_count(&counters->peers[usual->counted->peer_idx].returned_packets, usual->packets);
    jn_count(&counters->peers[usual->counted->peer_idx].returned_bytes, usual->bytes);
    usual->counted = NULL;
}

void
jn_vxlan_usual_take(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i,
                    struct jn_vxlan_usual *usual) {
    struct jn_reinject *reinject = &worker->redirect->reinject;
    const struct jn_vnet_source *source = usual->source[i];
    struct rte_mbuf *mbuf = burst->mbuf[i];
    uint32_t cut = (uint32_t)(usual->frame[i] - burst->data[i]);
    if (source != usual->counted) {
        jn_vxlan_usual_count(worker, usual);
        usual->counted = source;
        usual->packets = usual->bytes = 0;
    }
    if (reinject->count == JN_REINJECT_MAX)
        jn_reinject_send(worker);
    mbuf->data_off = (uint16_t)(mbuf->data_off + cut);
    mbuf->data_len = (uint16_t)(mbuf->data_len - cut);
    mbuf->pkt_len -= cut;
    unsigned int at = reinject->count++;
    reinject->mbuf[at] = mbuf;
    reinject->vnet[at] = source->vnet;
    reinject->vpg_idx[at] = source->vnet->vpg_idx;
    reinject->packet[at] = *jn_vxlan_usual_inner(usual, i);
    reinject->packet[at].vlan_id = JN_FLOW_VLAN_ID_NONE; // the virtual network has no VLANs
    usual->packets++;
    usual->bytes += reinject->packet[at].ip_length;
}
