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

// What a round may spend on flows that no packet asks for: entries looked at, whoever looks.
#define JN_FLOWS_A_ROUND 128u

// Boundaries are multiples of the policy's interval since the epoch, the same for every worker.
struct jn_interval {
    uint64_t next_length_ns, switch_ns; // another length holds from the first boundary at or after switch_ns
    uint64_t length_ns;                 // 0: one interval without bounds (a replay's default)
    uint64_t start, end;                // of the current one
    uint64_t closed_start, closed_end;  // of the one before, while a sweep closes it
    uint16_t number;                    // what entries carry to tell theirs from the current one
};

// One pass over all fragments, flows and VPGs, a few a round.
enum jn_sweep_part { JN_SWEEP_NONE, JN_SWEEP_FRAGMENTS, JN_SWEEP_FLOWS, JN_SWEEP_VPGS };

struct jn_sweep {
    enum jn_sweep_part part;
    uint32_t cursor;   // next of the part
    bool closes;       // the interval before: its end is written last
    bool again;        // VPGs left meanwhile: another pass follows
    bool at_once;      // all in one round: nobody waits for it (a replay, shutting down)
    uint32_t left;     // entries that this round may still look at
    bool awaited;      // a policy waits for it. Writer: the main thread, relaxed
    uint64_t since_ns; // steady, when the pass began
    uint64_t done; // policy generation whose leaving VPGs have nothing here any more. Release; the main thread acquires
};

// What redirection did with a flow's packets since its last record. Writer: the redirect room, and the record that clears it.
struct jn_flow_through {
    uint32_t sent, returned; // packets
    uint64_t returned_bytes; // of IP packets
};

// What a worker keeps of a VPG, by VPG index: also of one that left while flows of it live.
struct jn_worker_vpg {
    uint16_t interval, since;              // what the counters are up to date with: number, and since of the rules
    uint16_t closed_since;                 // whose `closed` is
    struct jn_vpg_counters at_start;       // counters when the interval began
    uint64_t closed[JN_VPG_COUNTER_COUNT]; // differences of the interval being closed
    uint64_t former[JN_VPG_COUNTER_COUNT]; // of the VPG that left, in the current interval
};

struct jn_flow_state {
    struct jn_flow_table table;
    struct jn_fragment_table fragments;
    struct jn_interval interval;
    struct jn_sweep sweep;
    struct jn_tcp_linger linger;
    uint64_t idle_timeout_ns;
    uint32_t expire_cursor;
    uint64_t expire_ns, expire_credit; // when expiry ran last, and the entries (times 2^32) it may still look at
    bool evicted;                      // an entry was removed in this burst: entry numbers found before may be stale

    struct jn_ring *ring; // this worker's, in the records region; where its records are, it knows by itself
    struct jn_record *records;
    uint32_t record_capacity;
    uint64_t cached_tail;
    uint64_t boot;
    uint32_t full_waits;  // how often it waited for room so far
    bool block_when_full; // until it stalls: in a replay, or shutting down beside a live exporter

    // By flow entry, since its last record.
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
