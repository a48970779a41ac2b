// SPDX-License-Identifier: BSD-3-Clause
// A virtual network for unit tests and fuzzer: what gate_vectors.py takes for granted.
#pragma once

#include <string.h>

#include "gate/gate_engine.h"
#include "gate/gate_hosts.h"
#include "gate/gate_neighbour.h"
#include "hex.h"
#include "underlay/underlay.h"

#define NOW            UINT64_C(1700000000000000000)
#define FIXTURE_SECOND UINT64_C(1000000000)
#define FIXTURE_PEERS  4u

// The gateway, its standby, a host, and one with an IPv6 address alone.
static const struct jn_gate_peer fixture_peers[FIXTURE_PEERS] = {
    {.inner = {{10, 254, 0, 2}, {0xfd, 0, 2, 0x54, [15] = 2}}, .has_inner = {1, 1}, .peer_idx = 0},
    {.inner = {{10, 254, 0, 3}, {0xfd, 0, 2, 0x54, [15] = 3}}, .has_inner = {1, 1}, .peer_idx = 1},
    {.inner = {{10, 254, 0, 4}}, .has_inner = {1, 0}, .peer_idx = 2},
    {.inner = {{0}, {0xfd, 0, 2, 0x54, [15] = 5}}, .has_inner = {0, 1}, .peer_idx = 3},
};

static const struct jn_prefix fixture_subnets[] = {
    {.address = {10, 128, 10}, .length = 24, .family = 4},
    {.address = {0xfd, 0, 0, 0x10}, .length = 64, .family = 6},
};

struct gate_fixture {
    struct jn_gate gate;
    struct jn_gate_state state;
    struct jn_gate_counters counters;
    struct jn_gate_engine engine;
};

// Another policy comes, and is in use.
static inline void
gate_fixture_open(struct gate_fixture *x) {
    jn_gate_open(&x->engine);
    jn_gate_apply(&x->engine);
}

// Open, and redirecting.
static inline void
gate_fixture_init(struct gate_fixture *x) {
    memset(x, 0, sizeof(*x));
    x->gate = (struct jn_gate){.address = {{10, 254, 0, 1}, {0xfd, 0, 2, 0x54, [15] = 1}},
                               .length = {16, 64},
                               .mac = {2, 0, 0, 0, 0, 1},
                               .vni = 10,
                               .flags = JN_GATE_REDIRECT,
                               .gateway = 0,
                               .standby = 1,
                               .gateway_family = 4,
                               .standby_family = 4,
                               .on_failure = JN_FAILURE_STANDBY,
                               .on_standby_failure = JN_FAILURE_BYPASS,
                               .probe_ms = 100,
                               .probe_lost = 3,
                               .probe_answers = 3};
    x->engine = (struct jn_gate_engine){.gate = &x->gate,
                                        .peer_mask = (1u << FIXTURE_PEERS) - 1,
                                        .subnets = fixture_subnets,
                                        .subnet_count = 2,
                                        .state = &x->state,
                                        .counters = &x->counters};
    for (unsigned int i = 0; i < FIXTURE_PEERS; i++)
        x->engine.peers[i] = &fixture_peers[i];
    x->state.path_mtu = 1450;
    gate_fixture_open(x);
}

static inline struct jn_gate_host *
gate_fixture_host(struct jn_gate_state *state, uint8_t family, const uint8_t *address) {
    for (unsigned int i = 0; i < JN_GATE_HOSTS; i++) {
        struct jn_gate_host *host = &state->hosts[i];
        if (host->neighbour.state_mac >> 48 != JN_NEIGHBOUR_FREE && host->neighbour.family == family &&
            memcmp(host->neighbour.address, address, family == 4 ? 4 : 16) == 0)
            return host;
    }
    return NULL;
}
