// SPDX-License-Identifier: BSD-3-Clause
// A worker as all rooms know it: who it is, its time, the rules in force, its counters and its ways out. What a room keeps
// for itself is a struct of that room, known here by name alone; worker/worker_make.c puts them together.
#pragma once

#include "counters.h"
#include "packet/keyed_hash.h"
#include "seqlock.h"

struct jn_flow_state;
struct jn_mirror;
struct jn_redirect;
struct jn_ruleset;
struct jn_tx;
struct jn_underlay;
struct rte_mempool;

// Nothing here is shared but what is said to be.
struct jn_worker {
    unsigned int index;
    uint64_t now_ns;             // workers' time (core/clock.h), never going back; the time of the capture in a replay
    uint64_t steady_ns;          // now_ns when the worker started, then by the time-stamp counter alone
    uint64_t wall_offset;        // to now_ns: what the wall clock says in this interval
    struct jn_hash_key hash_key; // of what comes from outside; all workers have the same
    const struct jn_ruleset *rules;       // in force for this burst; NULL before the first policy
    unsigned int halvings;                // portions of a round are halved so often (worker/portion.h)
    uint32_t attached;                    // VPG indexes below have been looked at since the rules came into force
    struct jn_worker_counters *counters;  // shared, written here alone
    struct jn_vpg_counters *vpg_counters; // by VPG index; shared, written here alone
    // Buffers that all workers share, one pool for each use, so that none starves another: pieces and whole copies of
    // packets, answers, and requests with the probes that decide whether a gateway is up.
    struct rte_mempool *own_frames, *answers, *requests;
    uint32_t *outer_identification; // of fragmented outer packets; shared: atomic additions
    struct jn_flow_state *flow;
    struct jn_mirror *mirror;
    struct jn_redirect *redirect;
    struct jn_underlay *underlay; // engine of the ports that this worker owns
    struct jn_tx *tx[JN_MAX_PORTS];
};

static inline void
jn_count(uint64_t *counter, uint64_t value) {
    jn_store(counter, *counter + value);
}

static inline void
jn_count_exceptions(struct jn_worker *worker, uint32_t exceptions) {
    for (; exceptions != 0; exceptions &= exceptions - 1)
        jn_count(&worker->counters->exceptions[__builtin_ctz(exceptions)], 1);
}
