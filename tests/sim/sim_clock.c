// SPDX-License-Identifier: BSD-3-Clause
#include "sim.h"

static uint64_t state, steady, wall;

void
sim_seed(uint64_t seed) {
    state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    steady = UINT64_C(1000000000);
    wall = UINT64_C(1767322800000000000);
}

// splitmix64
uint64_t
sim_random(void) {
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void
sim_pass(uint64_t ns) {
    steady += ns;
    wall += ns;
}

void
sim_wall_jumps(void) {
    uint64_t by = sim_below(UINT64_C(7200000000000));
    wall = sim_one_in(2) ? wall + by : wall - by;
}

static uint64_t
steady_ns(void) {
    return steady;
}

static uint64_t
wall_ns(void) {
    return wall;
}

extern const struct world_files sim_files;
extern const struct world_http sim_http;
extern const struct world_kafka sim_kafka;
static const struct world_clock clock = {steady_ns, wall_ns};
const struct world sim_world = {.clock = &clock, .files = &sim_files, .http = &sim_http, .kafka = &sim_kafka};
