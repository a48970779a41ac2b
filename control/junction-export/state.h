// SPDX-License-Identifier: BSD-3-Clause
// The export region: sums of the intervals that are still open, kept in shared memory so that they outlive the
// exporter. One writer, junction-export; nobody reads it while that lives. Whatever changes goes through the redo log
// (redo.h), so that a process killed at any instruction leaves either the old or the new state for its successor.
#pragma once

#include "protocols.h"
#include "record.h"

#define STATE_INTERVALS   8u
#define STATE_BOOTS       64u
#define STATE_FLOWS       (UINT32_C(1) << 20) // flows an interval, when the run directory has the room
#define STATE_FLOWS_MIN   (UINT32_C(1) << 10)
#define STATE_VPG_BUCKETS (2 * JN_MAX_VPGS)
#define REDO_WRITES       64u

// Order of intervals: boots as they were first seen, then the number in the boot. Never time: the wall clock may be set.
// ordinal 0: none.
struct state_key {
    uint64_t ordinal, number;
};

static inline bool
state_key_before(const struct state_key *a, const struct state_key *b) {
    return a->ordinal != b->ordinal ? a->ordinal < b->ordinal : a->number < b->number;
}

static inline bool
state_key_equal(const struct state_key *a, const struct state_key *b) {
    return a->ordinal == b->ordinal && a->number == b->number;
}

// What was taken from one ring.
struct state_ring {
    uint64_t aggregated;     // records up to here (ring position) are in the sums
    uint64_t next_sequence;  // expected of the next record
    struct state_key key;    // latest interval that a record was of
    struct state_key former; // the one before it, or ended last: of what is before this no record follows
    uint64_t ended;          // ordinal of the last boot whose END_OF_STREAM came; 0: none
    uint64_t reserved;
};
_Static_assert(sizeof(struct state_ring) == 64, "one cache line");

enum state_use {
    STATE_FREE,
    STATE_OPEN,
    STATE_COMPLETE, // every worker has ended it: its summaries are being delivered
    STATE_CLEARING, // delivered; its tables are being emptied
};

struct state_interval {
    uint64_t use; // enum state_use
    struct state_key key;
    uint64_t boot;
    uint64_t start, end; // epoch ns, as the records say; 0: without bounds
    uint64_t marks;      // enum jn_interval_marks
    uint64_t ended;      // bit mask of workers
    uint64_t lost;       // records that the rings lost, by gaps in their sequences
    uint64_t vpg_count, flow_count;
    uint64_t vpgs_beyond; // records of VPGs for which there was no room
    uint64_t reserved[4];
};
_Static_assert(sizeof(struct state_interval) == 128, "two cache lines");

struct state_sum {
    uint64_t packets, bytes, flows;
};

struct state_vpg {
    char id[JN_VPG_ID_MAX];
    uint64_t counters[JN_VPG_COUNTER_COUNT];
    uint64_t flows;        // distinct ones
    uint64_t flows_beyond; // records of flows for which there was no room
    uint64_t last_ns;
    uint64_t guessed; // flows whose application is guessed
    uint64_t used[JN_APPLICATION_NUMBERS /
                  64]; // bit mask of the applications that have sums: nobody looks at the others' memory
    struct state_sum applications[JN_APPLICATION_NUMBERS]; // by nDPI's number
};

struct state_flow {
    uint64_t address[4];
    uint64_t ends; // port a | port b << 16 | protocol << 32 | IPv6 << 40 | one way << 41 | no ports << 42 | VPG << 48
    uint64_t
        info; // flags of the first record | application << 16 | guessed << 25 | master << 32 | worker << 41 | VLAN ID
              // that tells it from others << 48. Worker: of the latest record. Application: of the latest flow of these
              // ends, but for a guess after one was seen; `flows` of the VPG's sums count it there
    uint64_t packets, bytes; // of all flows of these ends
    uint64_t entry;          // of the latest record: flow_idx | version << 32; which flow it is, with the worker
    // What that flow alone has, and under which application it is in the VPG's sums: there as in `info`, the rest 0.
    uint64_t own_packets, own_bytes, own_application;
};
_Static_assert(sizeof(struct state_flow) == 96, "of each flow of an interval");
_Static_assert(JN_APPLICATION_NUMBERS == 1 << 9 && JN_MAX_WORKERS <= 1 << 7, "what `info` has room for");

static inline uint16_t
state_flow_vlan_id(const struct state_flow *flow) {
    return flow->info >> 48 & JN_FLOW_VLAN_ID_NONE;
}

// The application in a word like `info`.
static inline struct application
state_application(uint64_t word) {
    return (struct application){.number = word >> 16 & (JN_APPLICATION_NUMBERS - 1),
                                .master = word >> 32 & (JN_APPLICATION_NUMBERS - 1),
                                .guessed = word >> 25 & 1};
}

static inline uint64_t
state_application_word(const struct application *application) {
    return (uint64_t)application->number << 16 | (uint64_t)application->guessed << 25 |
           (uint64_t)application->master << 32;
}

static inline uint8_t
state_flow_worker(const struct state_flow *flow) {
    return flow->info >> 41 & 127;
}

struct redo_log {
    uint64_t count; // writes that are to be made again after a crash; 0: none
    struct {
        uint64_t offset, value; // from the region's start
    } writes[REDO_WRITES];
};

struct state_region {
    struct jn_region_header header;
    uint64_t flow_capacity; // an interval; power of two
    uint64_t seed;          // of the hash of flows
    uint64_t records_boot;  // of the records region that `rings` speak of; 0: none
    uint64_t last_ordinal;
    struct state_key last_closed;
    uint64_t workers; // of that records region
    uint64_t reserved;
    uint64_t boots[STATE_BOOTS]; // by ordinal modulo their number
    struct state_ring rings[JN_MAX_WORKERS];
    struct state_interval intervals[STATE_INTERVALS];
    struct redo_log redo;
};

// An interval's tables, all of a multiple of the page size so that they can be given back.
struct state_tables {
    uint64_t *vpg_buckets;    // STATE_VPG_BUCKETS: upper half of the hash, number + 1
    struct state_vpg *vpgs;   // JN_MAX_VPGS
    uint64_t *buckets;        // 2 * flow_capacity: upper half of the hash, entry number + 1
    struct state_flow *flows; // flow_capacity, filled from 0 on
};

struct state {
    struct jn_shm shm;
    struct state_region *region;
    uint64_t flow_capacity; // private copy
    struct state_tables tables[STATE_INTERVALS];
};

// Create the region of this instance or take over what was left, and redo what was left half done. flow_capacity: a
// power of two, or 0 for the default. Returns 0, 1 when sums were taken over, or a negative errno + err.
int state_open(struct state *state, const char *instance, uint64_t flow_capacity, char err[JN_ERR_MAX]);

// Give a CLEARING interval's memory back and make it FREE.
void state_clear(struct state *state, unsigned int number);

// remove: nothing in it is needed any more.
void state_close(struct state *state, bool remove);
