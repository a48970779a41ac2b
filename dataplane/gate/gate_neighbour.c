// SPDX-License-Identifier: BSD-3-Clause
// ARP and neighbour discovery from peers of a virtual network. This file decides who may claim which address. The
// underlay engine parses and answers: it is lent our own addresses, the requested device's address as one more, and the
// host that the frame is about.
#include "gate/gate_neighbour.h"

#include "gate/gate_engine.h"
#include "gate/gate_health.h"
#include "gate/gate_hosts.h"
#include "gate/gate_inside.h"
#include "underlay/underlay_input.h"

static const uint64_t fresh_ns = 30 * GATE_SECOND;
enum {
    ARP_END = 42,
    ARP_SENDER = 28,
    ARP_TARGET = 38,
    ARP_REQUEST = 1,
    ND_MESSAGE = 54,
    ND_END = 78,
    ND_SOLICITED = 0x40,
    ND_OVERRIDE = 0x20,
    GATE_ANSWERS_A_SECOND = 1000 // a gateway may ask for all devices at once
};

// Of whom a frame speaks, and whom it asks for. Pointers into the frame.
struct claim {
    uint8_t family;
    bool asks, announces;
    const uint8_t *subject, *source, *target;
};

// One call of the underlay engine.
struct borrowed {
    struct jn_underlay u;
    struct jn_underlay_address addresses[3];
    struct jn_underlay_counters counters;
    struct jn_underlay_result result;
    struct jn_neighbour host; // a copy
};

static bool
read_claim(const uint8_t *frame, uint32_t length, const struct jn_packet *parsed, struct claim *claim) {
    if (length >= ARP_END && jn_be16(frame + 12) == JN_ETHER_ARP) {
        const uint8_t *sender = frame + ARP_SENDER;
        bool gratuitous = memcmp(sender, frame + ARP_TARGET, 4) == 0; // RFC 5227 section 3
        *claim = (struct claim){4, jn_be16(frame + 20) == ARP_REQUEST, gratuitous, sender, sender, frame + ARP_TARGET};
        return true;
    }
    if (length < ND_END || parsed == NULL || !(parsed->flags & JN_PACKET_IPV6) || parsed->l4_offset != ND_MESSAGE)
        return false;
    const uint8_t *source = frame + 22, *target = frame + ND_MESSAGE + 8;
    bool asks = frame[ND_MESSAGE] == JN_ICMP6_NEIGHBOUR_SOLICITATION;
    bool unsolicited = !asks && (frame[ND_MESSAGE + 4] & (ND_SOLICITED | ND_OVERRIDE)) == ND_OVERRIDE;
    *claim = (struct claim){6, asks, unsolicited, asks ? source : target, source, target};
    return true;
}

static bool
named_elsewhere(const struct jn_gate_engine *engine, unsigned int peer_idx, uint8_t family, const uint8_t *address) {
    for (unsigned int i = 0; i < JN_GATE_PEERS; i++) {
        const struct jn_gate_peer *peer = engine->peers[i];
        if (peer != NULL && jn_gate_peer_has(peer, family, address))
            return !jn_gate_may_hold(engine, i, peer_idx);
    }
    return false;
}

// May the peer at `peer_idx` speak for that address?
static enum jn_gate_drop
check_spoofing(const struct jn_gate_engine *engine, unsigned int peer_idx, uint8_t family, const uint8_t *address,
               uint64_t now_ns) {
    static const uint8_t unspecified[16];
    if (jn_address_equal(family, address, unspecified) || jn_address_is_link_local(family, address))
        return JN_GATE_DROP_COUNT; // these are not learned
    if (jn_gate_is_own(engine->gate, family, address) || gate_is_device(engine, family, address) ||
        named_elsewhere(engine, peer_idx, family, address))
        return JN_GATE_DROP_NEIGHBOUR_SPOOFING;
    if (!jn_gate_is_near(engine->gate, family, address))
        return JN_GATE_DROP_NEIGHBOUR;
    const struct jn_gate_host *host = jn_gate_host_find(engine->state, family, address);
    bool learned = host >= &engine->state->hosts[JN_GATE_NAMED] && gate_is_resolved(gate_host_state_mac(host));
    bool moves = learned && host->peer_idx != peer_idx && now_ns - host->heard_ns < fresh_ns;
    return moves ? JN_GATE_DROP_NEIGHBOUR_SPOOFING : JN_GATE_DROP_COUNT;
}

static void
borrow_engine(struct borrowed *b, const struct jn_gate_engine *engine, const struct jn_gate_send *send) {
    const struct jn_gate *gate = engine->gate;
    uint16_t mtu = __atomic_load_n(&engine->state->path_mtu, __ATOMIC_RELAXED);
    memset(b, 0, sizeof(*b));
    b->u =
        (struct jn_underlay){.ports = 1, .addresses = b->addresses, .neighbours = &b->host, .counters = &b->counters};
    memcpy(b->u.port[0].mac, gate->mac, 6);
    b->u.limits = engine->limits;
    b->u.network = engine->gate->vni; // another network's sources count for themselves
    b->u.answers_a_second = GATE_ANSWERS_A_SECOND;
    b->u.port[0].mtu = mtu != 0 ? mtu : UINT16_MAX;
    for (uint8_t family = 4; family <= 6; family += 2)
        if (jn_gate_own(gate, family).length != 0)
            b->addresses[b->u.address_count++] = gate_own(gate, family);
    b->result = (struct jn_underlay_result){.reply = send->frame, .reply_room = send->room};
}

// confirmed_ns is 0 until what is heard is an answer.
static void
add_host(struct borrowed *b, const struct jn_gate_host *host, const struct claim *claim) {
    b->u.neighbour_count = 1;
    b->host = host != NULL ? host->neighbour
                           : (struct jn_neighbour){.family = claim->family,
                                                   .vlan_id = JN_VLAN_ID_NONE,
                                                   .state_mac = (uint64_t)JN_NEIGHBOUR_INCOMPLETE << 48};
    memcpy(b->host.address, claim->subject, jn_address_bytes(claim->family));
    b->host.confirmed_ns = 0;
}

// Counts; true when there was something not to be believed.
static bool
add_counters(const struct borrowed *b, struct jn_gate_counters *counters) {
    const struct jn_underlay_counters *c = &b->counters;
    jn_count(&counters->arp_requests, c->arp_requests);
    jn_count(&counters->arp_replies, c->arp_replies);
    jn_count(&counters->nd_solicitations, c->nd_solicitations);
    jn_count(&counters->nd_advertisements, c->nd_advertisements);
    jn_count(&counters->echo_requests, c->echo_requests);
    jn_count(&counters->answers_limited, c->answers_limited);
    return c->ignored_malformed + c->ignored_foreign + c->ignored_hop_limit + c->ignored_other != 0;
}

// Take note of where the host is: `b->host` is what the frame made of it.
static enum jn_gate_drop
learn_host(const struct jn_gate_engine *engine, unsigned int peer_idx, struct jn_gate_host *host,
           const struct claim *claim, struct borrowed *b, const uint8_t *frame, uint64_t now_ns) {
    struct jn_neighbour *said = &b->host;
    uint64_t before = host != NULL ? gate_host_state_mac(host) : 0;
    bool confirmed = said->confirmed_ns != 0, known = gate_is_resolved(before);
    uint8_t mac[6];
    if (!gate_is_resolved(said->state_mac))
        return JN_GATE_DROP_COUNT;
    jn_neighbour_mac_of(said->state_mac, mac);
    if (memcmp(mac, frame + 6, 6) != 0)
        return JN_GATE_DROP_NEIGHBOUR;
    if (jn_address_is_link_local(said->family, said->address))
        return JN_GATE_DROP_COUNT;
    enum gate_role role = gate_host_role(engine, host);
    bool elsewhere = host != NULL && host->peer_idx != JN_NO_PEER && host->peer_idx != peer_idx;
    bool moved = elsewhere || (known && (before ^ said->state_mac) << 16 != 0);
    // If two peers use the address, the first keeps it until the other announces it: a peer that lost the address may
    // still send requests from it.
    if (role == GATE_GATEWAY && known && elsewhere && !claim->announces)
        return claim->asks ? JN_GATE_DROP_COUNT : JN_GATE_DROP_NEIGHBOUR;
    if (role == GATE_GATEWAY && moved && !jn_gate_move(engine->state, now_ns))
        return JN_GATE_DROP_NEIGHBOUR;
    if (host == NULL)
        host = jn_gate_host_take(engine, said->family, said->address, peer_idx);
    else if (!confirmed)
        said->confirmed_ns = host->neighbour.confirmed_ns;
    jn_gate_host_learn(host, said, peer_idx, now_ns);
    if (said->state_mac != before)
        jn_store(&engine->state->due_ns, now_ns);
    if (role != GATE_ROLES) {
        jn_gate_health_heard(engine, role, confirmed, moved, now_ns);
        jn_gate_publish_target(engine, now_ns);
    }
    return JN_GATE_DROP_COUNT;
}

static void
send_reply(const struct jn_gate_engine *engine, unsigned int peer_idx, const struct borrowed *b,
           struct jn_gate_send *send) {
    send->peer_bits = (uint16_t)(1u << peer_idx) & engine->peer_mask;
    send->length = send->peer_bits != 0 ? b->result.reply_length : 0;
}

static enum jn_gate_drop
hear_frame(const struct jn_gate_engine *engine, unsigned int peer_idx, const uint8_t *frame, uint32_t length,
           const struct jn_packet *parsed, uint64_t now_ns, struct jn_gate_send *send) {
    struct claim claim;
    struct borrowed b;
    if (!read_claim(frame, length, parsed, &claim))
        return JN_GATE_DROP_NEIGHBOUR;
    enum jn_gate_drop drop = check_spoofing(engine, peer_idx, claim.family, claim.subject, now_ns);
    if (drop == JN_GATE_DROP_COUNT && claim.source != claim.subject)
        drop = check_spoofing(engine, peer_idx, claim.family, claim.source, now_ns);
    if (drop != JN_GATE_DROP_COUNT)
        return drop;
    borrow_engine(&b, engine, send);
    bool proxy = claim.asks && gate_is_device(engine, claim.family, claim.target);
    if (proxy) {
        struct jn_underlay_address *device = &b.addresses[b.u.address_count++];
        *device = (struct jn_underlay_address){
            .family = claim.family, .length = jn_address_bits(claim.family), .vlan_id = JN_VLAN_ID_NONE};
        memcpy(device->address, claim.target, jn_address_bytes(claim.family));
    }
    struct jn_gate_host *host = jn_gate_host_find(engine->state, claim.family, claim.subject);
    add_host(&b, host, &claim);
    enum jn_underlay_outcome outcome = jn_underlay_input(&b.u, 0, frame, length, parsed, now_ns, &b.result);
    bool group = frame[0] & 1;
    if (add_counters(&b, engine->counters) || (outcome == JN_UNDERLAY_NOT_OURS && !group))
        return JN_GATE_DROP_NEIGHBOUR;
    if (outcome == JN_UNDERLAY_NOT_OURS)
        return JN_GATE_DROP_COUNT;
    drop = learn_host(engine, peer_idx, host, &claim, &b, frame, now_ns);
    if (drop != JN_GATE_DROP_COUNT || outcome != JN_UNDERLAY_REPLY)
        return drop;
    send_reply(engine, peer_idx, &b, send);
    jn_count(&engine->counters->proxy_answers, proxy);
    return JN_GATE_DROP_COUNT;
}

enum jn_gate_drop
jn_gate_neighbour(const struct jn_gate_engine *engine, unsigned int peer_idx, const uint8_t *frame, uint32_t length,
                  const struct jn_packet *parsed, uint64_t now_ns, struct jn_gate_send *send) {
    send->length = 0;
    if (!jn_gate_enter(engine))
        return JN_GATE_DROP_NEIGHBOUR;
    enum jn_gate_drop drop = hear_frame(engine, peer_idx, frame, length, parsed, now_ns, send);
    jn_gate_leave(engine);
    return drop;
}

enum jn_gate_drop
jn_gate_own_packet(const struct jn_gate_engine *engine, unsigned int peer_idx, const uint8_t *frame, uint32_t length,
                   const struct jn_packet *parsed, uint64_t now_ns, struct jn_gate_send *send) {
    struct borrowed b;
    send->length = 0;
    borrow_engine(&b, engine, send);
    enum jn_underlay_outcome outcome = jn_underlay_input(&b.u, 0, frame, length, parsed, now_ns, &b.result);
    add_counters(&b, engine->counters);
    if (outcome != JN_UNDERLAY_REPLY)
        return JN_GATE_DROP_NEIGHBOUR;
    send_reply(engine, peer_idx, &b, send);
    return JN_GATE_DROP_COUNT;
}
