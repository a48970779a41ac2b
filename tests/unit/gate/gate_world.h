// SPDX-License-Identifier: BSD-3-Clause
// A gateway and its standby that live and die. Peers are played: each has a set of IPv4 addresses that it answers for, and
// answers a millisecond later.
#pragma once

#include "gate_fixture.h"
#include "test.h"

#define MS     UINT64_C(1000000)
#define BYPASS jn_target_make(JN_TARGET_BYPASS, 0, 0)
#define DROP   jn_target_make(JN_TARGET_DROP, 0, 0)

enum { ADDRESSES = 4 }; // 10.254.0.2 and so on, by number

struct world {
    struct gate_fixture x;
    uint64_t now_ns;
    bool answers[FIXTURE_PEERS][ADDRESSES]; // place answers for address
    bool pending[FIXTURE_PEERS][ADDRESSES];
    unsigned int asked[FIXTURE_PEERS][ADDRESSES], broadcasts; // since set to 0
    uint8_t room[128];
};

// MAC of the peer at `peer_idx`.
static inline void
mac_of(unsigned int peer_idx, uint8_t mac[6]) {
    const uint8_t it[6] = {2, 0, 0, 0, 0, (uint8_t)(0xa + peer_idx)};
    memcpy(mac, it, 6);
}

static inline uint64_t
target_at(unsigned int peer_idx) {
    uint8_t mac[6];
    mac_of(peer_idx, mac);
    return jn_target_make(JN_TARGET_PEER, peer_idx, jn_neighbour_state_mac(JN_NEIGHBOUR_FREE, mac));
}

static inline void
begin(struct world *w) {
    memset(w, 0, sizeof(*w));
    w->now_ns = NOW;
    gate_fixture_init(&w->x);
}

static inline enum jn_gate_drop
say(struct world *w, unsigned int peer_idx, unsigned int address, bool announcement) {
    uint8_t frame[42] = {[0] = 0xff, 0xff, 0xff,     0xff,
                         0xff,       0xff, [12] = 8, 6,
                         0,          1,    8,        0,
                         6,          4,    0,        2,
                         [28] = 10,  254,  0,        (uint8_t)(2 + address),
                         [38] = 10,  254,  0,        (uint8_t)(2 + address)};
    struct jn_gate_send send = {.frame = w->room, .room = sizeof(w->room)};
    mac_of(peer_idx, frame + 6);
    mac_of(peer_idx, frame + 22);
    if (!announcement) {
        memcpy(frame, w->x.gate.mac, 6);
        frame[41] = 1;
    }
    return jn_gate_neighbour(&w->x.engine, peer_idx, frame, sizeof(frame), NULL, w->now_ns, &send);
}

// The peer at `peer_idx` asks for a device, as the gateway: it is heard, and answers nothing.
static inline enum jn_gate_drop
ask(struct world *w, unsigned int peer_idx) {
    uint8_t frame[42] = {[0] = 0xff, 0xff, 0xff, 0xff, 0xff,      0xff, [12] = 8, 6, 0,         1,   8,  0,
                         6,          4,    0,    1,    [28] = 10, 254,  0,        2, [38] = 10, 128, 10, 5};
    struct jn_gate_send send = {.frame = w->room, .room = sizeof(w->room)};
    mac_of(peer_idx, frame + 6);
    mac_of(peer_idx, frame + 22);
    return jn_gate_neighbour(&w->x.engine, peer_idx, frame, sizeof(frame), NULL, w->now_ns, &send);
}

static inline void
take_request(struct world *w, const struct jn_gate_send *send) {
    unsigned int address = send->frame[41] - 2u;
    bool broadcast = send->frame[0] == 0xff;
    assert_int_equal(send->length, 42);
    assert_true(address < ADDRESSES);
    w->broadcasts += broadcast;
    for (unsigned int peer_idx = 0; peer_idx < FIXTURE_PEERS; peer_idx++) {
        uint8_t mac[6];
        mac_of(peer_idx, mac);
        if (!(send->peer_bits >> peer_idx & 1))
            continue;
        w->asked[peer_idx][address]++;
        w->pending[peer_idx][address] |=
            w->answers[peer_idx][address] && (broadcast || memcmp(mac, send->frame, 6) == 0);
    }
}

static inline void
pass(struct world *w, uint64_t ms) {
    for (uint64_t end = w->now_ns + ms * MS; w->now_ns < end; w->now_ns += MS) {
        for (unsigned int i = 0; i < FIXTURE_PEERS * ADDRESSES; i++) {
            bool *pending = &w->pending[i / ADDRESSES][i % ADDRESSES];
            if (*pending)
                say(w, i / ADDRESSES, i % ADDRESSES, false);
            *pending = false;
        }
        struct jn_gate_send send = {.frame = w->room, .room = sizeof(w->room)};
        while (jn_gate_run_timers(&w->x.engine, w->now_ns, &send))
            take_request(w, &send);
    }
}

// How many milliseconds until the way is that one.
static inline uint64_t
wait_for(struct world *w, uint64_t target, uint64_t at_most_ms) {
    for (uint64_t ms = 0; ms <= at_most_ms; ms++) {
        if (w->x.state.target == target)
            return ms;
        pass(w, 1);
    }
    fail_msg("way %016llx, expected %016llx", (unsigned long long)w->x.state.target, (unsigned long long)target);
    return 0;
}

static inline void
begin_up(struct world *w) {
    begin(w);
    w->answers[0][0] = w->answers[1][1] = true;
    pass(w, 1000);
    assert_true(w->x.state.target == target_at(0));
    assert_int_equal(w->x.state.health[0].state, JN_HEALTH_UP);
    assert_int_equal(w->x.state.health[1].state, JN_HEALTH_UP);
}
