// SPDX-License-Identifier: BSD-3-Clause
// What a worker keeps of its flows: the table, fragments, the interval, flows seen to end, and its record ring.
#pragma once

#include "core/worker.h"
#include "flow/flow_table.h"
#include "flow/fragment.h"
#include "policy.h"
#include "record.h"

struct jn_l2_table;

// TCP flows that ended and linger, oldest first: a ring.
#define JN_TCP_LINGER_MAX 65536u // power of two

struct jn_tcp_lingering {
    uint64_t since_ns;
    uint32_t flow_idx, version; // the entry, and which of its flows
};

struct jn_tcp_linger {
    struct jn_tcp_lingering *flows; // JN_TCP_LINGER_MAX
    uint32_t head, tail;
};

// Boundaries are multiples of the policy's interval since the epoch, the same for every worker.
struct jn_interval {
    uint64_t next_length_ns, switch_ns; // another length holds from the first boundary at or after switch_ns
    uint64_t length_ns;                 // 0: one interval without bounds (a replay's default)
    uint64_t start, end;                // of the current one
    uint64_t closed_start, closed_end;  // of the one whose flows are being closed, while `closing`
    uint16_t number;                    // what entries carry to tell theirs from the current one
    bool closing;
    uint32_t cursor; // next entry to close
};

// What redirection did with a flow's packets since its last record. Writer: the redirect room, and the record that clears it.
struct jn_flow_through {
    uint32_t sent, returned; // packets
    uint64_t returned_bytes; // of IP packets
};

// What a worker keeps of a VPG, by VPG index: also of one that left while flows of it live.
struct jn_worker_vpg {
    char id[JN_VPG_ID_MAX];
    struct jn_vpg_counters at_start;       // counters when the interval began
    uint64_t closed[JN_VPG_COUNTER_COUNT]; // differences of the interval being closed
};

struct jn_flow_state {
    struct jn_flow_table table;
    struct jn_fragment_table fragments;
    struct jn_interval interval;
    struct jn_tcp_linger linger;
    uint64_t idle_timeout_ns;
    uint32_t expire_cursor;
    uint64_t expire_ns, expire_credit; // when expiry ran last, and the entries (times 2^32) it may still look at
    bool evicted;                      // an entry was removed in this burst: entry numbers found before may be stale

    struct jn_ring *ring; // this worker's, in the records region; where its records are, it knows by itself
    struct jn_record *records;
    uint32_t record_capacity;
    uint64_t cached_tail;
    const struct jn_consumed
        *consumed;         // the consumer's index of it; NULL: none yet. Writer: the main thread, with release
    uint64_t region_boot;  // of the records region
    uint64_t refused_tail; // consumer index refused last
    void (*wait_for_room)(
        struct jn_worker *worker); // while it waits: in a replay, look for the consumer. NULL: only wait
    uint64_t boot;
    uint32_t full_waits;  // how often it waited for room so far
    bool block_when_full; // until it stalls: in a replay, or shutting down beside a live exporter

    // By flow entry, since its last record; touched only where flows are mirrored or redirected.
    uint32_t (*copies)[JN_VPG_PEERS]; // to each peer. Writer: the mirror room, and the record that clears it
    struct jn_flow_through *through;
    struct jn_l2_table *l2_table; // shared: what flows show of the wires' Ethernet addresses

    struct jn_worker_vpg *vpgs; // by VPG index
    uint32_t vpg_used;          // indexes that had a VPG, from 0 on
};

// Have both sides sent FIN, or one RST?
static inline bool
jn_tcp_is_closed(const struct jn_flow_entry *entry) {
    const uint16_t both = JN_FLOW_CLOSING_A | JN_FLOW_CLOSING_B;
    return (entry->flags & both) == both;
}
