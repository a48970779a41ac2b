// SPDX-License-Identifier: BSD-3-Clause
// The life of a flow in a worker's table: it begins, is classified, enters a new interval, ends.
#pragma once

#include "flow/flow_state.h"
#include "policy/classify.h"

// Where a flow's first packet came from. ethernet: the frame's header, or NULL when it has none. returned: the gateway
// sent it, as a translation of another flow.
struct jn_flow_origin {
    const uint8_t *ethernet;
    uint8_t port;
    uint8_t wire; // 1 + its index; 0: not known
    bool from_network, returned;
};

// Find the key's flow. If there is none, begin it with this packet and classify it.
uint32_t jn_flow_find_or_begin(struct jn_worker *worker, const struct jn_flow_key *key,
                               const struct jn_flow_origin *origin);

// What decides between fast and slow path: the same for a whole burst.
struct jn_flow_present {
    uint64_t now_ns, idle_timeout_ns;
    union jn_flow_current current;
};

static inline struct jn_flow_present
jn_flow_present(const struct jn_worker *worker) {
    uint16_t generation = worker->rules != NULL ? worker->rules->generation : 0;
    return (struct jn_flow_present){worker->now_ns,
                                    worker->flow->idle_timeout_ns,
                                    {.generation = generation, .interval = worker->flow->interval.number}};
}

// Does the packet need the slow path? Yes for a new policy or interval, a flow that timed out, and TCP SYN, FIN or RST.
static inline bool
jn_flow_needs_slow_path(const struct jn_flow_present *present, const struct jn_flow_entry *entry,
                        const struct jn_packet *packet) {
    return entry->current.both != present->current.both ||
           (packet->tcp_flags & (JN_TCP_FIN | JN_TCP_SYN | JN_TCP_RST)) != 0 ||
           present->now_ns - entry->last_ns >= present->idle_timeout_ns;
}

// Is end b the one on the access side? If both ends are devices, or neither is, the side of the first packet decides.
static inline bool
jn_flow_access_is_b(const struct jn_flow_entry *entry) {
    const uint16_t both = JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B;
    uint16_t devices = entry->flags & both;
    if (__builtin_expect(devices != 0 && devices != both, 1))
        return devices == JN_FLOW_DEVICE_B;
    bool initiator = entry->flags & JN_FLOW_INITIATOR_B, from_network = entry->flags & JN_FLOW_FROM_NETWORK;
    return initiator != from_network;
}

// Write a record of the delta of an earlier interval, and begin one of the current interval.
void jn_flow_begin_delta(struct jn_worker *worker, struct jn_flow_entry *entry);

// What is counted afterwards belongs to the current interval.
static inline void
jn_flow_close_interval(struct jn_worker *worker, struct jn_flow_entry *entry) {
    if (__builtin_expect(entry->current.interval != worker->flow->interval.number, 0))
        jn_flow_begin_delta(worker, entry);
}

// The slow path, before the packet is counted. Returns the flow's index: another one if the flow ended and a new one
// began.
uint32_t jn_flow_slow_path(struct jn_worker *worker, uint32_t flow_idx, const struct jn_flow_key *key,
                           const struct jn_flow_origin *origin);
