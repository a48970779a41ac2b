// SPDX-License-Identifier: BSD-3-Clause
// Frames one after the other that peers of a virtual network sent: a byte of place, ways and time, a byte of length, the
// frame. Whatever they say, named hosts are at their own peer alone (the gateway's at its standby too), devices are
// nowhere, and the way leads to a peer that is there.
#include "fuzz.h"
#include "gate/gate_fixture.h"
#include "packet/parse.h"
#include "repair.h"

enum { PLACE = 3, REPAIR = 1 << 2, POLICY = 1 << 3, TIME_SHIFT = 4, TICKS = 200 };

// Right checksums, and our MAC or a group as destination, which the caller of the engine has seen to.
static void
repair(uint8_t *frame, uint32_t length, const uint8_t own[6]) {
    if (!(frame[0] & 1))
        memcpy(frame, own, 6);
    repair_checksums(frame, length);
}

static void
check_sent(const struct gate_fixture *x, const struct jn_gate_send *send) {
    struct jn_packet p;
    if (send->length == 0)
        return;
    demand(send->length >= 42 && send->length <= send->room);
    demand(send->peer_bits != 0 && (send->peer_bits & ~x->engine.peer_mask) == 0);
    demand(memcmp(send->frame + 6, x->gate.mac, 6) == 0 && memcmp(send->frame, x->gate.mac, 6) != 0);
    jn_parse_frame(send->frame, send->length, send->length, JN_LINKTYPE_ETHERNET, &p);
    demand(p.exceptions == 0 || p.exceptions == 1u << JN_EXCEPTION_NON_IP);
}

static bool
is_device(const uint8_t *address, uint8_t family) {
    const struct jn_prefix *subnet = &fixture_subnets[family == 6];
    return memcmp(subnet->address, address, subnet->length / 8) == 0;
}

static void
check_host(const struct gate_fixture *x, unsigned int host_idx) {
    static const uint8_t zero[6];
    const struct jn_gate_host *host = &x->state.hosts[host_idx];
    enum jn_neighbour_state state = jn_neighbour_state_of(host->neighbour.state_mac);
    uint8_t mac[6], family = host->neighbour.family;
    jn_neighbour_mac_of(host->neighbour.state_mac, mac);
    demand(state <= JN_NEIGHBOUR_PROBE);
    if (state != JN_NEIGHBOUR_FREE) // one that is named is found before its twin
        demand(host_idx >= JN_GATE_NAMED ||
               jn_gate_host_target(&x->state, family, host->neighbour.address) == host->target);
    if (state == JN_NEIGHBOUR_FREE || state == JN_NEIGHBOUR_INCOMPLETE) {
        demand(memcmp(mac, zero, 6) == 0 && host->target == 0);
        return;
    }
    demand(host->peer_idx < FIXTURE_PEERS && (mac[0] & 1) == 0 && memcmp(mac, zero, 6) != 0);
    demand(memcmp(mac, x->gate.mac, 6) != 0 &&
           host->target == jn_target_make(JN_TARGET_PEER, host->peer_idx, host->neighbour.state_mac));
    demand(!is_device(host->neighbour.address, family));
    demand(!jn_address_equal(family, host->neighbour.address, x->gate.address[family == 6]));
    demand(jn_prefix_holds(x->gate.address[family == 6], x->gate.length[family == 6], host->neighbour.address));
    if (host_idx <
        JN_GATE_NAMED) { // the gateway's address may be at the standby, also for a moment after the policy changed
        const struct jn_gate_peer *peer = &fixture_peers[host_idx / 2];
        demand(jn_address_equal(family, host->neighbour.address, peer->inner[host_idx % 2]));
        demand(host->peer_idx == host_idx / 2 || (host_idx / 2 == 0 && host->peer_idx == 1));
    } else
        for (unsigned int i = 0; i < FIXTURE_PEERS; i++)
            demand(x->engine.peers[i] == NULL || !fixture_peers[i].has_inner[family == 6] ||
                   !jn_address_equal(family, host->neighbour.address, fixture_peers[i].inner[family == 6]));
}

static void
check_state(const struct gate_fixture *x, struct jn_gates_region *region) {
    const struct jn_gate_state *state = &x->state;
    unsigned int peer_idx = jn_target_peer_idx(state->target);
    char err[JN_ERR_MAX];
    region->gates[0] = *state;
    demand(jn_gates_check(region, jn_gates_size(1, 1), err) == 0);
    demand(state->busy == 0 && state->applied == x->engine.edition);
    for (unsigned int i = 0; i < JN_GATE_HOSTS; i++)
        check_host(x, i);
    demand((jn_target_kind(state->target) == JN_TARGET_NONE) == !(x->gate.flags & JN_GATE_REDIRECT));
    if (jn_target_kind(state->target) == JN_TARGET_PEER)
        demand(peer_idx < 2 && x->engine.peers[peer_idx] != NULL && (x->engine.peer_mask >> peer_idx & 1));
}

// Peers come and go, and redirection with them.
static void
another_policy(struct gate_fixture *x, uint8_t how) {
    x->gate.flags ^= how & 1 ? JN_GATE_REDIRECT : 0;
    x->engine.peers[how & PLACE] = x->engine.peers[how & PLACE] == NULL ? &fixture_peers[how & PLACE] : NULL;
    x->gate.gateway = x->engine.peers[0] != NULL ? 0 : JN_NO_PEER;
    x->gate.standby = x->engine.peers[1] != NULL ? 1 : JN_NO_PEER;
    x->gate.gateway_family = how & 2 ? 6 : 4;
    jn_gate_open(&x->engine);
}

static void
one_frame(struct gate_fixture *x, uint8_t how, const uint8_t *bytes, uint32_t length, uint64_t now_ns) {
    unsigned int peer_idx = how & PLACE;
    uint8_t *frame = malloc(length + 2), reply[256 + 8]; // frame: of just that size, seen if overrun
    struct jn_gate_send send = {.frame = reply, .room = sizeof(reply)};
    struct jn_packet packet;
    demand(frame != NULL);
    memcpy(frame + 2, bytes, length);
    if (how & REPAIR)
        repair(frame + 2, length, x->gate.mac);
    jn_parse_frame(frame + 2, length, length, JN_LINKTYPE_ETHERNET, &packet);
    bool ip = packet.flags & JN_PACKET_IP;
    bool nd = ip && packet.protocol == JN_IP_ICMPV6 && (packet.flags & JN_PACKET_PORTS) &&
              (packet.port[0] == JN_ICMP6_NEIGHBOUR_SOLICITATION || packet.port[0] == JN_ICMP6_NEIGHBOUR_ADVERTISEMENT);
    struct jn_gate_host before[JN_GATE_HOSTS];
    memcpy(before, x->state.hosts, sizeof(before));
    enum jn_gate_drop drop = (ip && !nd ? jn_gate_own_packet : jn_gate_neighbour)(
        &x->engine, peer_idx, frame + 2, length, ip ? &packet : NULL, now_ns, &send);
    demand(drop == JN_GATE_DROP_COUNT || drop == JN_GATE_DROP_NEIGHBOUR_SPOOFING || drop == JN_GATE_DROP_NEIGHBOUR);
    if (drop != JN_GATE_DROP_COUNT || (ip && !nd))
        demand(memcmp(before, x->state.hosts, sizeof(before)) == 0);
    demand(drop == JN_GATE_DROP_COUNT || send.length == 0);
    demand(send.length == 0 || send.peer_bits == 1u << peer_idx);
    check_sent(x, &send);
    if (!(how & REPAIR))
        jn_gate_resolve(&x->engine, ip && (packet.flags & JN_PACKET_IPV6) ? 6 : 4, packet.address[1], now_ns);
    free(frame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct jn_gates_region *region;
    struct gate_fixture x;
    uint64_t now_ns = NOW;
    uint8_t request[JN_GATE_FRAME_MAX];
    if (region == NULL)
        region = calloc(1, jn_gates_size(1, 1));
    demand(region != NULL);
    region->worker_count = region->vpg_capacity = region->vpg_used = 1;
    gate_fixture_init(&x);
    for (size_t at = 0; at + 2 <= size;) {
        uint8_t how = data[at];
        uint32_t length = data[at + 1] < size - at - 2 ? data[at + 1] : (uint32_t)(size - at - 2);
        struct jn_gate_send send = {.frame = request, .room = sizeof(request)};
        now_ns += (UINT64_C(1) << (how >> TIME_SHIFT)) * 2000000; // 2 ms to a minute
        if (how & POLICY)
            another_policy(&x, length > 0 ? data[at + 2] : 0);
        else if (length >= 14 && x.engine.peers[how & PLACE] != NULL)
            one_frame(&x, how, data + at + 2, length, now_ns);
        unsigned int ticks = 0;
        while (jn_gate_run_timers(&x.engine, now_ns, &send)) {
            check_sent(&x, &send);
            demand(++ticks < TICKS);
        }
        check_state(&x, region);
        at += 2 + length;
    }
    return 0;
}
