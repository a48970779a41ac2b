// SPDX-License-Identifier: BSD-3-Clause
// The way of a packet: a worker, a burst, and the stages in their order. All stages have one signature, so that worker
// loop, replay, unit test, fuzzer and benchmark run the very same code.
#pragma once

#include "closing.h"
#include "flow_table.h"
#include "fragment.h"
#include "mirror.h"
#include "record.h"
#include "redirect.h"
#include "ruleset.h"
#include "underlay.h"

#define JN_BURST         64u
#define JN_NO_SLOT       0xffffu
#define JN_FLOW_FRAGMENT (JN_FLOW_NONE - 1) // of a copy: one more fragment of the copy before

struct rte_mbuf;
struct rte_ring;
struct jn_tx;

// Structure of arrays: what the stages learn about up to 64 packets that came in by one port.
struct jn_burst {
    unsigned int count;
    uint16_t port_in, port_out; // port_out: JN_NO_PORT when port_in belongs to no wire
    uint16_t wire;
    bool from_network;
    enum jn_link link; // Ethernet but in a replay
    uint32_t notices;  // of all its packets together
    struct rte_mbuf *mbuf[JN_BURST];
    const uint8_t *data[JN_BURST];
    uint32_t length[JN_BURST];  // bytes to be read at data
    uint32_t bytes[JN_BURST];   // of the frame on the wire
    uint16_t slot[JN_BURST];    // VPG's, or JN_NO_SLOT
    uint16_t verdict[JN_BURST]; // enum jn_verdict_bits
    uint32_t flow[JN_BURST];    // entry number, or JN_FLOW_NONE
    struct jn_packet packet[JN_BURST];
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

// What a worker keeps of a VPG, by slot: also of one that left while flows of it live.
struct jn_worker_vpg {
    char id[JN_VPG_ID_MAX];
    struct jn_vpg_counters at_start;       // counters when the interval began
    uint64_t closed[JN_VPG_COUNTER_COUNT]; // differences of the interval being closed
};

// One worker: all it owns. Nothing here is shared but what is said to be.
struct jn_worker {
    unsigned int index;
    uint64_t now_ns;                     // epoch, never going back; the capture's in a replay
    uint64_t steady_ns;                  // epoch when the worker started, then by the time-stamp counter alone
    const struct jn_ruleset *rules;      // in force for this burst; NULL before the first policy
    struct jn_worker_counters *counters; // shared, written here alone
    struct jn_flow_table flows;
    struct jn_fragment_table fragments;
    struct jn_interval interval;
    struct jn_closing closing; // TCP flows seen to end
    uint64_t idle_timeout_ns;
    uint32_t expire_cursor;
    uint64_t expire_ns, expire_credit; // when expiry ran last, and the entries (times 2^32) it may still look at
    bool churned;                      // an entry was removed in this burst: entry numbers found before may be stale

    struct jn_ring *ring; // this worker's, in the records region; where its records are, it knows by itself
    struct jn_record *records;
    uint32_t record_capacity;
    uint64_t cached_tail;
    uint64_t boot;
    uint32_t pauses; // waited for room so far, while patient
    bool patient;    // wait for room in the ring (a replay, or shutting down beside a live exporter) until it stalls

    struct jn_vpg_counters *vpg_counters; // by slot; shared, written here alone
    struct jn_worker_vpg *vpgs;           // by slot
    uint32_t vpg_capacity, vpg_used;      // slots that there is room for; that had a VPG

    struct jn_tx *tx[JN_MAX_PORTS];
    struct jn_mirror mirror;
    struct jn_redirect redirect;
    struct jn_underlay underlay; // engine of the ports that this worker owns
};

#define JN_NO_PORT 0xffffu

static inline void
jn_count(uint64_t *counter, uint64_t value) {
    __atomic_store_n(counter, *counter + value, __ATOMIC_RELAXED);
}

static inline void
jn_count_notices(struct jn_worker *worker, uint32_t notices) {
    for (; notices != 0; notices &= notices - 1)
        jn_count(&worker->counters->notices[__builtin_ctz(notices)], 1);
}

void jn_stage_parse(struct jn_worker *worker, struct jn_burst *burst);
void jn_stage_flow(struct jn_worker *worker, struct jn_burst *burst);
void jn_stage_inspect(struct jn_worker *worker, struct jn_burst *burst);
void jn_stage_mirror(struct jn_worker *worker, struct jn_burst *burst);
void jn_stage_redirect(struct jn_worker *worker, struct jn_burst *burst);
void jn_stage_forward(struct jn_worker *worker, struct jn_burst *burst);

// Send the copies that wait: after the originals.
void jn_mirror_send(struct jn_worker *worker);

// The owner of a port's queue sends copies that another worker made, and counts them.
void jn_mirror_send_for(struct jn_worker *worker, struct jn_tx *tx, struct rte_mbuf **mbufs, unsigned int count);

// Between bursts: copies leave whose next hop has answered meanwhile, or are lost when it has not for too long.
void jn_mirror_settle(struct jn_worker *worker);
void jn_mirror_drop_held(struct jn_worker *worker, unsigned int number);

// The peers of rules that come into force: one that is new in its place starts with counters at zero.
void jn_mirror_meet(struct jn_worker *worker, const struct jn_ruleset *next);

// For peers that the next rules do not have, or reach another way, nothing waits any longer. worker->rules are in force.
void jn_mirror_forget(struct jn_worker *worker, const struct jn_ruleset *next);

// The whole way of a received burst.
static inline void
jn_pipeline(struct jn_worker *worker, struct jn_burst *burst) {
    jn_stage_parse(worker, burst);
    jn_stage_flow(worker, burst);
    jn_stage_inspect(worker, burst);
    jn_stage_mirror(worker, burst);
    jn_stage_redirect(worker, burst);
    jn_stage_forward(worker, burst);
    if (worker->mirror.copy_count != 0)
        jn_mirror_send(worker);
}
