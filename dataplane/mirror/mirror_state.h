// SPDX-License-Identifier: BSD-3-Clause
// What each worker keeps of mirroring: copies on their way, and of each peer its token bucket and what waits for its next
// hop.
#pragma once

#include "core/burst.h"
#include "core/worker.h"
#include "neighbour.h"
#include "sizes.h"
#include "tunnel/encap.h"

#define JN_COPIES        256u                 // a burst's copies, fragments included; more are sent early
#define JN_HOLD_NS       UINT64_C(3000000000) // and no longer than this
#define JN_FLOW_FRAGMENT (JN_FLOW_NONE - 1)   // of a copy: one more fragment of the copy before

#define JN_COPY_FRAGMENTS 4096u // of the longest copy, by the smallest MTU that there may be

struct jn_mirror_peer;

// A copy that waits for its next hop, and the flow that counts it if it is sent.
struct jn_held_copy {
    struct rte_mbuf *mbuf;
    uint32_t flow;         // or JN_FLOW_NONE
    uint32_t flow_version; // of its entry: tells whether that is still the same flow's
};

// A worker's own about a peer.
struct jn_mirror_state {
    uint64_t filled_ns;          // token bucket
    int64_t tokens;              // bytes
    uint32_t packets;            // seen, for one in so many
    uint8_t address[16], family; // whose counters these are
    uint32_t attached;           // to the peer of the policy with that generation; 0: never
    uint32_t hold_count;
    uint64_t hold_since_ns;              // since when the first of them waits
    const struct jn_neighbour *hold_hop; // that they wait for
    struct jn_held_copy hold_queue[JN_HOLD_QUEUE_MAX];
};

// Copies on their way out, in their order; those of a peer follow each other.
struct jn_copies {
    unsigned int count;
    struct rte_mbuf *mbuf[JN_COPIES];
    const struct jn_mirror_peer *to[JN_COPIES];
    uint32_t flow[JN_COPIES];  // flow that counts it, JN_FLOW_NONE or JN_FLOW_FRAGMENT
    uint32_t bytes[JN_COPIES]; // of the outer frame
};

// Where a copy that leaves in fragments is made whole: no buffer is as long.
struct jn_mirror_whole {
    struct rte_mbuf *fragments[JN_COPY_FRAGMENTS];
    uint8_t bytes[JN_ENCAP_ROOM + UINT16_MAX]; // room for the header, payload
};

struct jn_mirror {
    struct rte_mempool *pool;          // of copies alone: they can never starve a port of buffers for originals
    struct jn_peer_counters *counters; // by mirror_idx; this worker's in the region
    uint32_t *sequence;                // by mirror_idx; shared by the workers: atomic additions, one a burst
    unsigned int hold_peers, cursor;   // peers for which copies wait, and where to look for one next
    unsigned int refresh_cursor;       // whose path MTU is looked at next
    uint64_t refreshed_ns;             // when some were looked at last
    struct jn_copies copies;
    struct jn_mirror_state *state; // by mirror_idx
    struct jn_mirror_whole *whole;
};
