// SPDX-License-Identifier: BSD-3-Clause
// Frames one after the other: a byte of port and ways, a byte of length, the frame. Whatever comes in, replies and
// requests are sound, and entries neither appear nor vanish nor learn what is no host's MAC.
#include "fuzz.h"
#include "packet/parse.h"
#include "repair.h"
#include "tunnel/encap.h"
#include "tunnel/vxlan.h"
#include "underlay/underlay_fixture.h"
#include "underlay/underlay_input.h"
#include "underlay/underlay_timers.h"

enum { PORTS = 3, PARSED = 1 << 2, REPAIR = 1 << 3, TIME_SHIFT = 4, REPLY_MORE = 8 };

static void
check_sent(const uint8_t *frame, uint32_t length, uint16_t port) {
    struct jn_packet p;
    demand(length >= 42 && port < PORTS && frame[11] == port + 1 && memcmp(frame, frame + 6, 6) != 0);
    jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &p);
    demand(p.exceptions == 0 || p.exceptions == 1u << JN_EXCEPTION_NON_IP);
}

static void
check_neighbours(const struct fixture *x) {
    struct underlay_frame f = {.port = 0};
    for (unsigned int i = 0; i < FIXTURE_NEIGHBOURS; i++) {
        const struct jn_neighbour *n = &x->neighbours[i];
        uint8_t mac[6];
        jn_neighbour_mac_of(n->state_mac, mac);
        demand(jn_address_equal(n->family, n->address, fixture_paths[i].next_hop) &&
               n->vlan_id == fixture_paths[i].vlan_id);
        if (jn_neighbour_state_of(n->state_mac) == JN_NEIGHBOUR_INCOMPLETE)
            demand(n->state_mac == UINT64_C(1) << 48);
        else
            demand(jn_neighbour_state_of(n->state_mac) <= JN_NEIGHBOUR_PROBE && n->state_mac >> 48 != 0 &&
                   is_others_mac(&x->u, &f, mac));
    }
}

// An error's quote lies in the frame, and no tunnel reads beyond it.
static void
check_quote(const struct jn_underlay_result *result, const uint8_t *frame, uint32_t length) {
    static const uint8_t own[2][16] = {{198, 18, 0, 1}, {0xfd, 0, 0, 0x18, [15] = 1}}, mac[6] = {2};
    struct jn_quote quote;
    demand(result->quoted >= frame && result->quoted + result->quoted_length <= frame + length);
    uint8_t *exact = malloc(result->quoted_length + 1);
    demand(exact != NULL);
    memcpy(exact + 1, result->quoted, result->quoted_length);
    bool v6 = result->family == 6, read = jn_quote_read(exact + 1, result->quoted_length, &quote);
    struct jn_peer peer = {.family = result->family, .ttl = 64, .flags = JN_PEER_KEY};
    struct jn_vxlan_settings settings = {.family = result->family, .vlan_tci = JN_VLAN_ID_NONE, .mtu = 1500};
    struct jn_encap encap;
    struct jn_vxlan vxlan;
    jn_address_copy(result->family, peer.address, result->peer);
    memcpy(settings.peer, peer.address, 16);
    memcpy(settings.source, own[v6], 16);
    jn_encap_prepare(&encap, &peer, own[v6], JN_VLAN_ID_NONE, mac, 1500);
    jn_vxlan_prepare(&vxlan, &settings);
    if (read)
        demand(!jn_encap_is_quoted(&encap, &quote) || !jn_vxlan_is_quoted(&vxlan, &quote));
    free(exact);
}

static void
one_frame(struct fixture *x, uint8_t how, const uint8_t *bytes, uint32_t length, uint64_t now_ns) {
    uint16_t port = (how & 3) % PORTS;
    uint8_t *frame = malloc(length + 1), *reply = malloc(length + REPLY_MORE); // of just that size: seen if overrun
    struct jn_underlay_result result = {.reply = reply, .reply_room = length + REPLY_MORE};
    struct jn_packet packet;
    demand(frame != NULL && reply != NULL);
    memcpy(frame + 1, bytes, length);
    if (how & REPAIR)
        repair_checksums(frame + 1, length);
    jn_parse_frame(frame + 1, length, length, JN_LINKTYPE_ETHERNET, &packet);
    struct fixture before = *x;
    enum jn_underlay_outcome outcome =
        jn_underlay_input(&x->u, port, frame + 1, length, how & PARSED ? &packet : NULL, now_ns, &result);
    demand(outcome <= JN_UNDERLAY_ERROR);
    if (outcome == JN_UNDERLAY_REPLY) {
        demand(result.reply_length <= length + REPLY_MORE);
        check_sent(reply, result.reply_length, port);
    }
    if (outcome == JN_UNDERLAY_ERROR)
        check_quote(&result, frame + 1, length);
    if (outcome == JN_UNDERLAY_NOT_OURS || outcome == JN_UNDERLAY_TUNNEL || outcome == JN_UNDERLAY_ERROR)
        demand(memcmp(before.neighbours, x->neighbours, sizeof(x->neighbours)) == 0);
    free(frame);
    free(reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fixture x;
    uint64_t now_ns = UINT64_C(1700000000000000000);
    uint8_t request[JN_UNDERLAY_REQUEST_MAX];
    uint16_t port;
    demand(fixture_init(&x));
    for (size_t at = 0; at + 2 <= size;) {
        uint8_t how = data[at];
        uint32_t length = data[at + 1] < size - at - 2 ? data[at + 1] : (uint32_t)(size - at - 2);
        now_ns += (UINT64_C(1) << (how >> TIME_SHIFT)) * 2000000; // 2 ms to a minute
        one_frame(&x, how, data + at + 2, length, now_ns);
        for (uint32_t sent; (sent = jn_underlay_run_timers(&x.u, now_ns, request, &port)) > 0;)
            check_sent(request, sent, port);
        check_neighbours(&x);
        at += 2 + length;
    }
    return 0;
}
