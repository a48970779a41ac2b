// SPDX-License-Identifier: BSD-3-Clause
// A virtual network without redirection, where nothing is asked for but what is wanted; and what its peers say.
#pragma once

#include "gate_fixture.h"
#include "test.h"

struct call {
    struct gate_fixture x;
    uint8_t reply[JN_GATE_FRAME_MAX];
    struct jn_gate_send send;
};

static inline bool
run_timers(struct call *c, uint64_t now_ns) {
    c->send = (struct jn_gate_send){.frame = c->reply, .room = sizeof(c->reply)};
    return jn_gate_run_timers(&c->x.engine, now_ns, &c->send);
}

static inline void
prepare_idle(struct call *c) {
    memset(c, 0, sizeof(*c));
    gate_fixture_init(&c->x);
    c->x.gate.flags = 0;
    gate_fixture_open(&c->x);
    assert_false(run_timers(c, NOW));
}

// ARP reply of 10.254.a.b with the MAC 02:00:00:00:a:b: an answer to us, or an announcement to all.
static inline enum jn_gate_drop
say(struct call *c, unsigned int peer_idx, uint8_t a, uint8_t b, bool to_us, uint64_t now_ns) {
    uint8_t frame[42] = {[0] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, a,  b,   8, 6, 0,         1,   8, 0,
                         6,          4,    0,    2,    2,    0,    0, 0, a, b, 10, 254, a, b, [38] = 10, 254, a, b};
    c->send = (struct jn_gate_send){.frame = c->reply, .room = sizeof(c->reply)};
    if (to_us) {
        memcpy(frame, c->x.gate.mac, 6);
        memcpy(frame + 38, c->x.gate.address[0], 4);
    }
    return jn_gate_neighbour(&c->x.engine, peer_idx, frame, sizeof(frame), NULL, now_ns, &c->send);
}

static inline enum jn_gate_drop
announce(struct call *c, unsigned int peer_idx, uint8_t a, uint8_t b, uint64_t now_ns) {
    return say(c, peer_idx, a, b, false, now_ns);
}

static inline bool
knows(const struct call *c, uint8_t a, uint8_t b) {
    const uint8_t address[16] = {10, 254, a, b};
    return jn_gate_host_target(&c->x.state, 4, address) != 0;
}
