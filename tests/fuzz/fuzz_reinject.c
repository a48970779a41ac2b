// SPDX-License-Identifier: BSD-3-Clause
// The first bytes choose the policy and the gateway's way; then steps: a byte of kind, one of length, a frame that comes by
// the wire, by the tunnel port as it is, or inside a right outer packet of a peer's. Every packet is sent, lost under a
// name or with the engine, every buffer is back in the end, and no input goes back into the tunnel.
#include <rte_mbuf.h>
#include <stdio.h>

#include "fuzz.h"
#include "packet/parse.h"
#include "redirect/vnet_timers.h"
#include "rig/rig.h"
#include "tunnel/ip_fragment.h"
#include "tunnel/reassembly.h"
#include "underlay/underlay_frame.h"

enum { OPTIONS = 2, TUNNEL = 2, BY = 3, UP = 0, RAW = 2, LONG = 1 << 2, REPAIR = 1 << 3, STANDBY = 1 << 4 };
enum { IN_PIECES = 1 << 5, LAST_FIRST = 1 << 6, PASS_TIME = 1 << 7, SHORTEST = 60, ROOM = 4096 };

static const uint8_t own_mac[6] = {6, 7, 0, 0, 0x0f, 1}, gateway_mac[6] = {2, 0, 0, 0, 0x0f, 2};
static struct rig rig;
static uint64_t now = UINT64_C(1700000000000000000);
static bool over6; // the gateway's outer address

int
LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    rig_start_dpdk();
    rig_open(&rig, "[{\"id\":\"v\"}]", 1);
    return 0;
}

static void
choose_policy(const uint8_t o[OPTIONS]) {
    static int former = -1;
    char text[2048];
    over6 = o[0] & 16;
    if (former == o[0])
        return;
    former = o[0];
    snprintf(
        text, sizeof(text),
        "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/16\",\"fd00:2::/64\"],\"devices\":[{\"address\":"
        "\"10.128.0.5\",\"name\":\"d\",\"group\":\"g\"}],\"gate\":{\"address\":\"10.254.0.1/16\",\"address_ipv6\":"
        "\"fd00:254::1/64\",\"mac\":\"06:07:00:00:0f:01\",\"privacy_separator\":%s,\"source_port\":\"%s\","
        "\"udp_zero_checksum_ipv6\":%s,\"peers\":[{\"outer\":\"%s\",\"inner\":\"10.254.0.2\",\"inner_ipv6\":"
        "\"fd00:254::2\",\"group\":\"g\"},{\"outer\":\"198.19.0.21\",\"inner\":\"10.254.0.3\"}]},\"redirection\":{"
        "\"enabled\":%s,\"gateway\":\"10.254.0.2\",\"standby\":\"10.254.0.3\",\"on_failure\":\"%s\",\"default\":%s,"
        "\"too_long\":\"%s\"},\"rules\":[{\"match\":{\"remote_ports\":[53]},\"redirect\":true},{\"match\":{"
        "\"remote_ports\":[7]},\"drop\":true}]}]",
        o[0] & 8 ? "true" : "false", o[0] & 64 ? "fixed" : "flow", o[0] & 128 ? "true" : "false",
        over6 ? "fd00:0:0:9::14" : "198.19.0.20", o[0] & 1 ? "true" : "false", o[0] & 2 ? "drop" : "bypass",
        o[0] & 4 ? "false" : "true", o[0] & 32 ? "fragment_outer" : "answer");
    rig_policy(&rig, text, 1);
}

static void
choose(const uint8_t o[OPTIONS]) {
    choose_policy(o);
    rig.lazy = o[1] & 16 ? "always" : "never";
    rig_resolve(&rig, !(o[1] & 8));
    static const enum jn_redirect_target targets[] = {JN_TARGET_PEER, JN_TARGET_PEER, JN_TARGET_BYPASS, JN_TARGET_DROP};
    if (o[0] & 1)
        rig_target(&rig, targets[o[1] % 4], o[1] >> 2 & 1, gateway_mac);
}

static uint64_t
refused(void) {
    const struct jn_gate_counters *counters = &rig.worker->redirect->counters[0];
    uint64_t all = 0;
    for (unsigned int drop = 0; drop < JN_GATE_DROP_COUNT; drop++)
        all += drop != JN_GATE_DROP_NO_L2_HEADER ? counters->drops[drop] : 0;
    return all;
}

static uint64_t
dropped_by_policy(void) {
    return rig.worker->counters->drops[JN_DROP_POLICY] + rig.worker->counters->drops[JN_DROP_HEADERLESS];
}

static uint64_t
returned(void) {
    const struct jn_gate_counters *counters = &rig.worker->redirect->counters[0];
    return counters->peers[0].returned_packets + counters->peers[1].returned_packets;
}

// What leaves by the tunnel port after an input, the engine made: ARP, neighbour discovery, echo replies, to the peer.
static bool
is_engines(const struct rig_sent *sent) {
    struct jn_packet outer, inner;
    jn_parse_frame(sent->data, sent->length, sent->length, JN_LINKTYPE_ETHERNET, &outer);
    uint32_t at = outer.l4_offset + 16u;
    const uint8_t *frame = sent->data + at;
    if (outer.port[1] != 4789 || memcmp(frame + 6, own_mac, 6) != 0)
        return false;
    jn_parse_frame(frame, sent->length - at, sent->length - at, JN_LINKTYPE_ETHERNET, &inner);
    return jn_be16(frame + 12) == JN_ETHER_ARP || inner.protocol == JN_IP_ICMP || inner.protocol == JN_IP_ICMPV6;
}

static void
check_reinjected(uint32_t length, unsigned int before) {
    demand(rig.sent_count - before <= 1);
    for (; before < rig.sent_count; before++) {
        const struct rig_sent *sent = &rig.sent[before % RIG_SENT];
        static const uint8_t nobody[6];
        demand(memcmp(sent->data, nobody, 6) != 0 && memcmp(sent->data + 6, nobody, 6) != 0);
        if (sent->port == TUNNEL)
            demand(is_engines(sent));
        else
            demand(sent->port < TUNNEL && sent->length >= SHORTEST &&
                   (sent->length == SHORTEST || sent->length <= length - 50 + 4));
    }
}

// Frames of the tunnel port: refused, ignored, returned, or the engine's.
static void
arrive(const uint8_t *frame, uint32_t length) {
    struct jn_packet outer;
    jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &outer);
    const struct jn_gate_counters *counters = &rig.worker->redirect->counters[0];
    uint64_t *ignored = &rig.worker->underlay->counters->ignored_tunnel;
    uint64_t no_l2_header = counters->drops[JN_GATE_DROP_NO_L2_HEADER], dropped = dropped_by_policy();
    uint64_t refused_before = refused() + *ignored, returned_before = returned();
    unsigned int buffers = rig_buffers_free(), sent = rig.sent_count;
    bool tunnel = rig_arrive(&rig, frame, length, now += 1000);
    check_reinjected(outer.flags & JN_PACKET_FRAGMENT ? ROOM : length, sent);
    if (outer.flags & JN_PACKET_FRAGMENT)
        return; // it may wait, or make others end
    uint64_t came_back = returned() - returned_before, end = refused() + *ignored - refused_before;
    demand(rig_buffers_free() == buffers && came_back + end <= tunnel);
    uint64_t left = rig.sent_count - sent,
             lost = counters->drops[JN_GATE_DROP_NO_L2_HEADER] - no_l2_header + dropped_by_policy() - dropped;
    demand(came_back == 0 || left + lost == 1);
    demand(end == 0 || left == 0);
}

// Once its flow is known, a packet leaves the same by the long way.
static void
arrive_by_both_ways(const uint8_t *frame, uint32_t length) {
    const struct rig_sent *sent[2];
    arrive(frame, length);
    for (int way = 0; way < 2; way++) {
        unsigned int before = rig.sent_count;
        rig.long_way = way;
        arrive(frame, length);
        sent[way] = rig.sent_count - before == 1 ? &rig.sent[before % RIG_SENT] : NULL;
        if (sent[way] != NULL && sent[way]->port == TUNNEL)
            sent[way] = NULL; // the engine's answers are limited
    }
    rig.long_way = false;
    demand((sent[0] == NULL) == (sent[1] == NULL));
    demand(sent[0] == NULL || (sent[0]->port == sent[1]->port && sent[0]->length == sent[1]->length &&
                               memcmp(sent[0]->data, sent[1]->data, sent[0]->length) == 0));
}

static void
repair(uint8_t *frame, uint32_t length) {
    memcpy(frame, own_mac, 6);
    memcpy(frame + 6, gateway_mac, 6);
    uint32_t header = length > 14 ? (frame[14] & 15u) * 4u : 0;
    if (jn_be16(frame + 12) != JN_ETHER_IPV4 || header < 20 || length < 14 + header)
        return;
    jn_put_be16(frame + 24, 0);
    jn_put_be16(frame + 24, jn_checksum(frame + 14, header));
}

static void
arrive_in_pieces(const uint8_t *frame, uint32_t length, bool last_first) {
    static uint8_t parts[64][ROOM];
    uint32_t lengths[64], count = 0;
    struct jn_fragments f;
    if (jn_fragments_begin(&f, frame, length, length / 2, (uint32_t)now) == 0)
        return;
    while (count < 64 && (lengths[count] = jn_fragments_next(&f, parts[count])) != 0)
        count++;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t which = last_first ? count - 1 - k : k;
        arrive(parts[which], lengths[which]);
    }
}

// From a peer, inside a right outer packet.
static void
arrive_inside(uint8_t kind, const uint8_t *inner, uint32_t length) {
    uint8_t memory[JN_VXLAN_FRAME_ROOM + ROOM], *frame = memory + JN_VXLAN_FRAME_ROOM;
    bool six = over6 && !(kind & STANDBY);
    struct jn_vxlan v;
    struct jn_vxlan_settings settings = {.family = six ? 6 : 4,
                                         .ttl = 64,
                                         .source = {198, 19, 0, kind & STANDBY ? 21 : 20},
                                         .peer = {198, 19, 0, 1},
                                         .source_mac = {2, 0, 0, 0, 0, 0x63},
                                         .vlan_tci = JN_VLAN_TCI_NONE,
                                         .vni = 10,
                                         .mtu = 9000};
    if (six) {
        memcpy(settings.source, (const uint8_t[16]){0xfd, [7] = 9, [15] = 0x14}, 16);
        memcpy(settings.peer, (const uint8_t[16]){0xfd, [7] = 9, [15] = 1}, 16);
    }
    memcpy(frame, inner, length);
    if ((kind & REPAIR) && length >= 14)
        repair(frame, length);
    jn_vxlan_prepare(&v, &settings);
    const struct jn_vxlan_send send = {.state_mac = UINT64_C(0x020000000002), .length = length};
    uint32_t header = jn_vxlan_write_frame(&v, frame, &send);
    if (kind & IN_PIECES)
        arrive_in_pieces(frame - header, header + length, kind & LAST_FIRST);
    else
        arrive_by_both_ways(frame - header, header + length);
}

// By the wire: sent on as it was, through the tunnel, answered, dropped by a rule or lost under a name.
static void
by_wire(bool down, const uint8_t *frame, uint32_t length) {
    const struct jn_worker_counters *counters = rig.worker->counters;
    uint64_t dropped = dropped_by_policy(), lost = counters->drops[JN_DROP_GATE];
    unsigned int buffers = rig_buffers_free(), before = rig.sent_count;
    rig_frame(&rig, frame, length, 0, down, now += 1000);
    dropped = dropped_by_policy() - dropped;
    lost = counters->drops[JN_DROP_GATE] - lost;
    unsigned int sent = rig.sent_count - before;
    const struct rig_sent *first = &rig.sent[before % RIG_SENT];
    demand(rig_buffers_free() == buffers && dropped + lost <= 1 && dropped + lost + sent >= 1);
    if (sent == 1 && first->port == !down)
        demand(first->length == length && memcmp(first->data, frame, length) == 0);
    else
        demand(dropped + lost + (sent != 0 && first->port == TUNNEL) == 1);
}

// What leaves by the tunnel whole leaves the same when more of it comes at once: the first takes the long way.
static void
by_wire_at_once(bool down, const uint8_t *frame, uint32_t length) {
    const uint8_t *data[] = {frame, frame, frame};
    const uint32_t lengths[] = {length, length, length};
    unsigned int before = rig.sent_count;
    by_wire(down, frame, length);
    const struct rig_sent *alone = &rig.sent[before % RIG_SENT];
    bool through = rig.sent_count - before == 1 && alone->port == TUNNEL;
    before = rig.sent_count;
    rig_frames(&rig, data, lengths, 3, down, now += 1000);
    for (unsigned int n = 0; through && n < 3; n++) {
        const struct rig_sent *sent = &rig.sent[(before + n) % RIG_SENT];
        demand(sent->port == TUNNEL && sent->length == alone->length &&
               memcmp(sent->data, alone->data, sent->length) == 0);
    }
    demand(!through || rig.sent_count - before == 3);
}

static void
step(uint8_t kind, const uint8_t *bytes, uint32_t given) {
    uint8_t frame[ROOM] = {0};
    uint32_t length = given * (kind & LONG ? 12u : 1u);
    memcpy(frame, bytes, given);
    if ((kind & BY) < RAW)
        by_wire_at_once((kind & BY) != UP, frame, length);
    else if ((kind & BY) == RAW)
        arrive(frame, length);
    else
        arrive_inside(kind, frame, length);
    if (kind & PASS_TIME)
        jn_vnet_run_timers(rig.worker);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static unsigned int all;
    if (all == 0)
        all = rig_buffers_free();
    if (size < OPTIONS)
        return 0;
    choose(data);
    for (size_t at = OPTIONS; at + 2 <= size;) {
        uint32_t given = data[at + 1] < size - at - 2 ? data[at + 1] : (uint32_t)(size - at - 2);
        step(data[at], data + at + 2, given);
        at += 2 + given;
    }
    while (rig_record(&rig) != NULL)
        ;
    if (rig_buffers_free() != all) {
        jn_reassembly_free(rig.worker->redirect->reassembly);
        rig.worker->redirect->reassembly = jn_reassembly_make();
    }
    demand(rig_buffers_free() == all);
    return 0;
}
