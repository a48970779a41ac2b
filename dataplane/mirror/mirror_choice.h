// SPDX-License-Identifier: BSD-3-Clause
// Which packets a peer gets: samples of packets or of flows, and as many bytes a second as its rate allows.
#pragma once

#include "core/burst.h"
#include "mirror/mirror_state.h"

// One in so many packets of the peer, whatever their flow.
static inline uint64_t
jn_mirror_sample_packets(struct jn_mirror_state *state, uint64_t mask, uint32_t one_in) {
    uint64_t kept = 0;
    for (; mask != 0; mask &= mask - 1)
        if (state->packets++ % one_in == 0)
            kept |= mask & -mask;
    return kept;
}

// One in so many flows, wholly: by a hash of the two addresses, which both directions, all workers and fragments without
// ports have in common. So all flows between two addresses are copied, or none.
static inline uint64_t
jn_mirror_sample_flows(const struct jn_worker *worker, const struct jn_burst *burst, uint64_t mask, uint32_t one_in) {
    uint64_t kept = 0;
    for (; mask != 0; mask &= mask - 1)
        if (jn_packet_address_hash(&worker->hash_key, jn_burst_packet(burst, __builtin_ctzll(mask))) % one_in == 0)
            kept |= mask & -mask;
    return kept;
}

// Token bucket over outer bytes, a tenth of a second deep.
static inline bool
jn_mirror_within_rate(struct jn_worker *worker, struct jn_mirror_state *state, uint32_t mbps, uint32_t bytes) {
    int64_t per_second = (int64_t)mbps * 125000, depth = per_second / 10;
    uint64_t elapsed = worker->now_ns - state->filled_ns;
    if (elapsed > 100000000)
        elapsed = 100000000;
    int64_t earned = (int64_t)elapsed * per_second / 1000000000;
    if (earned != 0) // what is less than a byte is still to come
        state->filled_ns = worker->now_ns;
    state->tokens += earned;
    if (state->tokens > depth)
        state->tokens = depth;
    if (state->tokens < bytes)
        return false;
    state->tokens -= bytes;
    return true;
}
