// SPDX-License-Identifier: BSD-3-Clause
// The records region: one single-producer single-consumer ring of fixed-size records a worker.
// The producer is the worker; the consumer is junction-export, whose index moves only when the sink acknowledged. Neither can
// write what is the other's: the rings are the dataplane's region, the consumer's indexes a region of junction-export's.
#pragma once

#include "flow.h"

#define JN_RTT_NONE 0u

struct jn_record_flow {
    uint8_t address[2][16]; // as in the flow entry
    uint8_t mac[2][6];
    uint16_t port[2];
    uint64_t flow_start_ns; // first packet of the flow
    uint64_t start_ns;      // first and last packet of this record
    uint64_t end_ns;
    uint64_t bytes[2];
    uint32_t packets[2];
    uint32_t mirrored[2]; // copies sent to the first and second peer
    uint16_t flags;       // enum jn_flow_flags
    uint16_t verdict;     // enum jn_verdict_bits
    uint16_t vlan_tci;    // TCI, 0xffff when untagged
    uint8_t tcp_flags[2];
    uint8_t protocol;
    uint8_t end_reason; // enum jn_end_reason
    uint8_t ingress;    // port number
    uint8_t reserved;
    uint16_t rule;           // that gave the verdict: its index among the VPG's expanded rules, or JN_RULE_DEFAULT
    uint16_t application;    // JN_APPLICATION_NONE: not known
    uint32_t redirected;     // packets sent to the gateway, both directions
    uint32_t returned;       // packets that came back from it as this flow
    uint64_t returned_bytes; // of their IP packets
    uint32_t rtt_us;         // round-trip time; JN_RTT_NONE: not measured
    uint16_t retransmissions[2];
    uint16_t vlan_id; // that tells the flow from others of its VPG, or JN_FLOW_VLAN_ID_NONE
    uint16_t
        rule_generation; // low bits of the policy that has the rule; at least 0x4000 behind: a former one, not known which
    uint16_t application_master; // nDPI's number of the protocol that carries the application; 0: the same, or none
    uint8_t application_category, application_confidence; // nDPI's numbers
    uint32_t flow_idx, version; // with the record's boot and worker: whose annotations are the flow's (annotations.h)
};

struct jn_record {
    uint64_t sequence;       // of this ring, from 0, without gaps but for lost records
    uint64_t interval_start; // epoch ns by the wall clock, which may be set; (0, 0) in a replay without intervals
    uint64_t interval_end;   // as planned when the record was written; INTERVAL_END has what came of it
    uint8_t type;            // enum jn_record_type
    uint8_t worker;
    uint16_t marks;    // enum jn_interval_marks, as far as they were known
    uint32_t interval; // number of the interval, of this boot: the same for all workers, rising, from 1
    uint64_t boot;     // random number of this life of the dataplane
    uint64_t generation;
    char vpg_id[JN_VPG_ID_MAX];
    union {
        struct jn_record_flow flow;
        uint64_t counters
            [JN_VPG_COUNTER_COUNT]; // by JN_VPG_COUNTERS; size_max is the interval's maximum, the rest differences
        uint64_t last_ns;           // of a VPG's last packet
        uint64_t raw[20];
    };
};
_Static_assert(sizeof(struct jn_record) == 256, "four cache lines");

struct jn_ring {
    // Line 1. Writer: the worker.
    uint64_t head __attribute__((aligned(64))); // records ever written; stored with release after the record's bytes
    uint64_t lost;                              // records that found the ring full
    uint64_t next_sequence;                     // head and lost together, but while a record is being written
    uint64_t lost_packets;                      // of the flow records among the lost: with documents, all that passed
    uint64_t lost_bytes;
    // Line 2. Writer: the worker, when the ring seems to be full.
    uint64_t tail __attribute__((aligned(64))); // consumer index that was believed last: at most what the consumer says
    // Line 3. Written once at creation.
    uint64_t offset __attribute__((aligned(64))); // of record 0 from the region's start
    uint32_t capacity;                            // power of two
    uint32_t reserved;
};
_Static_assert(sizeof(struct jn_ring) == 192, "producer and consumer share no line");

// What the consumer says of a worker's ring. Writer: junction-export. It sets boot to 0 while it changes to another ring.
struct jn_consumed {
    uint64_t boot
        __attribute__((aligned(64))); // of the records region that `tail` speaks of; stored with release; 0: none
    uint64_t tail;                    // records acknowledged by the sink; stored with release
};
_Static_assert(sizeof(struct jn_consumed) == 64, "one cache line");

struct jn_consumed_region {
    struct jn_region_header header;
    struct jn_consumed rings[JN_MAX_WORKERS];
};

struct jn_records_region {
    struct jn_region_header header;
    uint32_t worker_count;
    uint32_t reserved[15];
    char node[64];                         // of the process that made the region; informational
    char ports[JN_MAX_PORTS][JN_NAME_MAX]; // names by port number
    struct jn_ring rings[JN_MAX_WORKERS];
};

size_t jn_records_size(unsigned int workers, uint32_t capacity);
// Lay a fresh region out; capacity in records a worker, a power of two.
void jn_records_init(struct jn_records_region *region, unsigned int workers, uint32_t capacity);
// Validate a mapped region of `size` bytes: counts, capacities, offsets, head - tail <= capacity.
// 0, or -EPROTO with a sentence in err.
int jn_records_check(const struct jn_records_region *region, size_t size, char err[JN_ERR_MAX]);

// What the consumer has taken, as it says: of another region, or out of the range from `tail` to `head`, it is refused.
// consumed: NULL when there is none (yet). refused: what it said then, else UINT64_MAX.
static inline uint64_t
jn_ring_taken(const struct jn_ring *ring, const struct jn_consumed *consumed, uint64_t boot, uint64_t *refused) {
    uint64_t tail = ring->tail, head = __atomic_load_n(&ring->head, __ATOMIC_RELAXED);
    *refused = UINT64_MAX;
    if (consumed == NULL || __atomic_load_n(&consumed->boot, __ATOMIC_ACQUIRE) != boot)
        return tail;
    uint64_t says = __atomic_load_n(&consumed->tail, __ATOMIC_ACQUIRE);
    if (__atomic_load_n(&consumed->boot, __ATOMIC_RELAXED) != boot)
        return tail;
    if (says - tail <= head - tail)
        return says;
    *refused = says;
    return tail;
}

// Producer: believe the consumer's index, when it can be right. What it was when it cannot, else UINT64_MAX.
static inline uint64_t
jn_ring_believe(struct jn_ring *ring, const struct jn_consumed *consumed, uint64_t boot) {
    uint64_t refused, tail = jn_ring_taken(ring, consumed, boot, &refused);
    __atomic_store_n(&ring->tail, tail, __ATOMIC_RELEASE);
    return refused;
}

// Consumer: from now on `tail` speaks of the region of that boot.
static inline void
jn_consumed_begin(struct jn_consumed *consumed, uint64_t boot, uint64_t tail) {
    __atomic_store_n(&consumed->boot, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&consumed->tail, tail, __ATOMIC_RELEASE);
    __atomic_store_n(&consumed->boot, boot, __ATOMIC_RELEASE);
}

// Producer: room for one record, or NULL (and `lost` counted) when full. Fill it, then commit. first, capacity: the
// producer's own knowledge of the ring. spare: entries that must stay free.
static inline struct jn_record *
jn_ring_reserve(struct jn_record *first, uint32_t capacity, struct jn_ring *ring, uint64_t *cached_tail,
                uint32_t spare) {
    uint64_t head = ring->head;
    if (head - *cached_tail >= capacity - spare) {
        *cached_tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
        if (head - *cached_tail >= capacity - spare) {
            __atomic_store_n(&ring->lost, ring->lost + 1, __ATOMIC_RELAXED);
            __atomic_store_n(&ring->next_sequence, ring->next_sequence + 1, __ATOMIC_RELAXED);
            return NULL;
        }
    }
    return first + (head & (capacity - 1));
}

static inline struct jn_record *
jn_ring_first(void *region, const struct jn_ring *ring) {
    return (struct jn_record *)((char *)region + ring->offset);
}

static inline void
jn_ring_commit(struct jn_ring *ring) {
    __atomic_store_n(&ring->next_sequence, ring->next_sequence + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&ring->head, ring->head + 1, __ATOMIC_RELEASE);
}
