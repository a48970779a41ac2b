// SPDX-License-Identifier: BSD-3-Clause
// What a worker keeps of its flows: the table, fragments, the interval, flows seen to end, and its record ring.
#pragma once

#include "core/worker.h"
#include "flow/application.h"
#include "flow/flow_table.h"
#include "flow/fragment.h"
#include "flow/interval_clock.h"
#include "policy.h"
#include "record.h"

struct jn_l2_table;
struct jn_unreported;

struct jn_tcp_lingering {
    uint32_t flow_idx;
    uint32_t since_low; // ns, 48 bits of it
    uint16_t since_high;
    uint16_t version; // low bits of the entry's: which of its flows
};
_Static_assert(sizeof(struct jn_tcp_lingering) == 12, "12 bytes a flow");

// TCP flows that ended and linger, oldest first: a ring with room for as many as the table has.
struct jn_tcp_linger {
    struct jn_tcp_lingering *flows;
    uint32_t room;          // of the ring
    uint32_t oldest, count; // where it begins, how many it has
    uint64_t linger_ns;     // where the table has room
};

// Entries beside each other, and what was found when all of them were looked at last. Times are in units of 2^20 ns.
#define JN_EXPIRY_GROUP 16u
struct jn_expiry_group {
    uint32_t silent; // since then at most: any of its flows
    uint32_t looked;
};

// Which flows to look at, so that those end that are idle.
struct jn_expiry {
    struct jn_expiry_group *groups;
    uint32_t room;           // groups that there are
    uint32_t cursor;         // the group that is next
    uint64_t ran_ns, credit; // when it ran last, and the groups (times 2^32) that it may still come to
    uint32_t noted;          // when the generation below was noted; what was not looked at since then has to be
    uint16_t generation;     // of the policy, low bits
};

// What a round may spend on flows that no packet asks for: entries looked at, whoever looks.
#define JN_FLOWS_A_ROUND 128u

// The same while rounds are long; not so few that an interval could not be closed before it is over.
static inline uint32_t
jn_flows_a_round(const struct jn_worker *worker) {
    return JN_FLOWS_A_ROUND >> (worker->halvings < 2 ? worker->halvings : 2);
}

struct jn_interval {
    const struct jn_interval_clock *clock; // of all workers; NULL: this worker plans by its own time (replay)
    unsigned int edition;                  // of the clock's plans, that were taken last
    struct jn_interval_plans plans;
    uint64_t length_ns;                // 0: one interval without bounds (a replay's default)
    struct jn_interval_bounds current; // its number is 0 before the first policy
    struct jn_interval_bounds closed;  // the one before, while a sweep closes it
    uint16_t number;                   // what entries carry to tell theirs from the current one
    bool delayed;                      // the current one should have ended, and waits for the sweep
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
    bool moves;        // it did something in this round, and so will in the next
    bool awaited;      // a policy waits for it. Writer: the main thread, relaxed
    uint64_t since_ns; // steady, when the pass began
    uint64_t done; // policy generation whose leaving VPGs have nothing here any more. Release; the main thread acquires
};

// What redirection did with a flow's packets since its last record, and by which wires they came. Writer: the redirect room,
// the record that clears the counters, and the flow's end.
struct jn_flow_through {
    uint32_t sent, returned; // packets
    uint64_t returned_bytes; // of IP packets
    uint8_t heard[2];        // 1 + wire where it was heard last, 0: not yet; [1] from the network
};

// What a worker keeps of a VPG, by VPG index: also of one that left while flows of it live.
struct jn_worker_vpg {
    uint16_t interval, since;              // what the counters are up to date with: number, and since of the rules
    uint16_t closed_since;                 // whose `closed` is
    struct jn_vpg_counters at_start;       // counters when the interval began
    uint64_t closed[JN_VPG_COUNTER_COUNT]; // differences of the interval being closed
    uint64_t former[JN_VPG_COUNTER_COUNT]; // of the VPG that left, in the current interval
    uint64_t last_ns;                      // of the last packet, with last_known: in a replay without intervals
    bool last_known;
};

struct jn_flow_state {
    struct jn_flow_table table;
    struct jn_fragment_table fragments;
    struct jn_interval interval;
    struct jn_sweep sweep;
    struct jn_tcp_linger linger;
    struct jn_sampling sampling;
    uint64_t idle_timeout_ns;
    struct jn_expiry expiry;
    bool evicted; // an entry was removed in this burst: entry numbers found before may be stale

    // What it has yet to report beside the table, in a region that outlives the process. The three arrays are there, too.
    struct jn_unreported *unreported;

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

    // By flow entry, since its last record. All zero where the entry lacks JN_FLOW_BESIDE, and then not looked at: of most
    // flows two lines less are touched when they begin and end.
    uint32_t (*copies)[JN_VPG_PEERS]; // to each peer. Writer: the mirror room, and the record that clears it
    struct jn_flow_through *through;
    struct jn_l2_table *l2_table; // shared: what flows show of the wires' Ethernet addresses

    struct jn_worker_vpg *vpgs; // by VPG index
    uint32_t vpg_used;          // indexes that had a VPG, from 0 on
};

// Before something of the flow is counted beside the table.
static inline void
jn_flow_keep_beside(struct jn_flow_entry *entry) {
    if (!(entry->flags & JN_FLOW_BESIDE))
        jn_store(&entry->flags, (uint16_t)(entry->flags | JN_FLOW_BESIDE));
}

// Have both sides sent FIN, or one RST?
static inline bool
jn_tcp_is_closed(const struct jn_flow_entry *entry) {
    const uint16_t both = JN_FLOW_CLOSING_A | JN_FLOW_CLOSING_B;
    return (entry->flags & both) == both;
}
