// SPDX-License-Identifier: BSD-3-Clause
// What workers have counted and no record says yet, as far as flow tables and counters do not tell: from it the next start
// makes the records that a killed process owes (salvage.h). A region that each life makes anew. Writer: each worker of its
// own part, without atomic operations between threads; names: the main thread. Nobody reads it while they live.
// A process can be killed between any two instructions: what it has stored by then is there, in the order of the program.
// So a note says what is being done before the first store of it, and is taken back after the last.
#pragma once

#include "flow/flow_state.h"

struct jn_ruleset;

// The number beside it is that of the flow's entry, or the VPG index.
enum jn_report_kind {
    JN_REPORT_NONE,
    JN_REPORT_FLOW,        // the entry becomes a record, and its counters are cleared
    JN_REPORT_CLOSED,      // the VPG's `closed` does
    JN_REPORT_FORMER,      // the VPG's `former` does
    JN_REPORT_FILL_CLOSED, // `closed` is being worked out, and counts for nothing yet
    JN_REPORT_FILL_FORMER, // `former` is
    JN_REPORT_ASIDE,       // either is there: what it has is taken out of the VPG's counters
};

struct jn_report {
    uint64_t what;                     // kind << 32 | number; stored last
    uint64_t sequence;                 // that its record has, or would have had; ASIDE: interval | since << 16
    uint64_t head;                     // of the ring before it
    uint64_t lost_packets, lost_bytes; // the ring's, should the record find no room
};

struct jn_unreported_intervals {
    struct jn_interval_bounds current, closed;
    uint64_t number;  // as entries carry it, 16 bits
    uint64_t closes;  // the end of `closed` is not written yet
    uint64_t bounded; // records have times of the wall clock
};

struct jn_unreported {
    struct jn_report report __attribute__((aligned(64)));
    uint64_t boot;    // of its records
    uint64_t ended;   // its stream has its end: there is nothing to salvage
    uint64_t edition; // the lowest bit says which of the two holds
    struct jn_unreported_intervals intervals[2];
};

// By VPG index: as in the rules, of which these are the latest that a worker may have.
struct jn_unreported_vpg {
    char id[JN_VPG_ID_MAX]; // empty: none
    char former_id[JN_VPG_ID_MAX];
    uint64_t since, has_former;
};

struct jn_unreported_region {
    struct jn_region_header header;
    uint32_t worker_count, vpg_capacity;
    uint32_t flow_capacity; // a worker
    uint32_t reserved;
    uint64_t flows_boot, records_boot, counters_boot; // of the regions that belong to it
    uint64_t names;                                   // edition: the lowest bit says which of the two lists holds
    struct jn_unreported workers[JN_MAX_WORKERS];
};

// Is there a worker, and has its stream no end?
static inline bool
jn_unreported_owes(const struct jn_unreported *unreported) {
    return unreported->boot != 0 && !unreported->ended;
}

size_t jn_unreported_size(unsigned int workers, uint32_t vpgs, uint32_t flows);

// Lay a fresh region out. Main thread.
void jn_unreported_init(struct jn_unreported_region *region, unsigned int workers, uint32_t vpgs, uint32_t flows);

// 0, or -EPROTO with a sentence in err: counts, and that all lies in `size` bytes.
int jn_unreported_check(const struct jn_unreported_region *region, size_t size, char err[JN_ERR_MAX]);

// The worker keeps what it has not reported there. The counts are the caller's own knowledge.
void jn_unreported_bind(struct jn_flow_state *flow, struct jn_unreported_region *region, unsigned int worker,
                        uint32_t vpgs, uint32_t flows);

// Before the rules come into force: the names of their VPGs. Main thread.
void jn_unreported_name_vpgs(struct jn_unreported_region *region, uint32_t vpgs, const struct jn_ruleset *rules);
const struct jn_unreported_vpg *jn_unreported_names(const struct jn_unreported_region *region, uint32_t vpgs);

// The worker's intervals have changed.
void jn_unreported_note_intervals(struct jn_flow_state *flow);

// Stores before it are before those after it, for who looks once the thread is dead.
static inline void
jn_unreported_order(void) {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static inline void
jn_report_note(struct jn_unreported *unreported, enum jn_report_kind kind, uint32_t number) {
    jn_unreported_order();
    jn_store(&unreported->report.what, (uint64_t)kind << 32 | number);
    jn_unreported_order();
}

// A record of so much follows, and then the counters that it is made of are cleared.
static inline void
jn_report_begin(const struct jn_flow_state *flow, enum jn_report_kind kind, uint32_t number, uint64_t packets,
                uint64_t bytes) {
    struct jn_report *report = &flow->unreported->report;
    report->sequence = flow->ring->next_sequence;
    report->head = flow->ring->head;
    report->lost_packets = flow->ring->lost_packets + packets;
    report->lost_bytes = flow->ring->lost_bytes + bytes;
    jn_report_note(flow->unreported, kind, number);
}

static inline void
jn_report_end(const struct jn_flow_state *flow) {
    jn_report_note(flow->unreported, JN_REPORT_NONE, 0);
}
