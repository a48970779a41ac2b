// SPDX-License-Identifier: BSD-3-Clause
// The flow-tables region: the workers' own hash tables, readable by other processes while the worker writes.
// Layout: struct jn_flow_region, then per worker its buckets, then its entries; offsets from the region's start.
#pragma once

#include "address.h"
#include "counters.h"
#include "flow_words.h"
#include "ip_numbers.h"
#include "seqlock.h"
#include "vlan.h"

#define JN_FLOW_WAYS      8u
#define JN_FLOWS_A_COUPLE 10u // that two buckets are made for: with them 16 ways are full to five eighths

#define JN_RULE_DEFAULT     0xffffu // no rule matched: the verdict is the VPG's default
#define JN_APPLICATION_NONE 0u

// What a flow is up to date with, low bits each: one comparison tells that neither has changed.
union jn_flow_current {
    uint32_t both;
    struct {
        uint16_t generation; // of the policy that gave the verdict
        uint16_t interval;   // in which the counters began
    };
};

// One flow, both directions: index 0 counts what end a sent, 1 what end b sent; end a has the smaller (address, port).
// Identity: key0, key1, JN_FLOW_IPV6 in the flags, and for IPv6 the addresses.
// Writer: the owning worker. `version` is odd while the flow's identity changes (seqlock.h), so that a reader never mixes
// two flows; the fields of one flow are single stores and may be one packet apart from each other.
// What only some flows have (copies, redirected packets, later round-trip times and retransmissions) is in the worker's
// own arrays beside the table, by the same number.
struct jn_flow_entry {
    // First cache line: all that a known flow's packet touches.
    uint64_t key0; // IPv4: address a << 32 | address b, host order; IPv6: hash of both; with JN_FLOW_NO_PORTS changed
    uint64_t key1; // port a | port b << 16 | protocol << 32 | VLAN ID << 40 | VPG index << 52
    uint64_t last_ns;
    uint64_t bytes[2];   // since the last record
    uint32_t packets[2]; // since the last record
    uint32_t version;
    union jn_flow_current current;
    uint16_t verdict;
    uint16_t rule; // that gave the verdict: its index among the VPG's expanded rules, or JN_RULE_DEFAULT
    uint16_t flags;
    uint8_t tcp_flags[2];
    // Second cache line: first packet, new interval, IPv6 comparison.
    uint8_t address[2][16];   // network order; IPv4 in the first four bytes
    uint64_t start_ns;        // of the flow
    uint32_t delta_start_low; // of the first packet since the last record: jn_flow_delta_start
    uint16_t delta_start_high;
    uint16_t application; // JN_APPLICATION_NONE: not known
    uint8_t mac[2][6];    // Ethernet addresses behind end a and b, zero while unknown
    uint16_t vlan_tci;    // outer tag's TCI, 0xffff when untagged
    uint8_t port;         // port the first packet came in by
    uint8_t dscp;         // of the first packet: what rules match
};
_Static_assert(sizeof(struct jn_flow_entry) == 128, "two cache lines a flow");
_Static_assert(__builtin_offsetof(struct jn_flow_entry, address) == 64, "hot fields in the first line");

// One cache line: tags compared by SIMD, entry numbers beside them. Writer: the owning worker.
struct jn_flow_bucket {
    uint16_t tag[JN_FLOW_WAYS];   // 0 when the way is free
    uint32_t entry[JN_FLOW_WAYS]; // number in the worker's entries
    uint32_t overflowed;          // entries that belong here and live in their second bucket
    uint32_t reserved[3];
};
_Static_assert(sizeof(struct jn_flow_bucket) == 64, "one cache line");

struct jn_flow_table_header {
    uint64_t buckets_offset;
    uint64_t entries_offset;
    uint32_t bucket_count; // even
    uint32_t capacity;
    uint32_t high_water; // entries ever used: readers walk up to here. Writer: worker, relaxed
    uint32_t active;     // Writer: worker, relaxed
    uint64_t reserved[4];
};
_Static_assert(sizeof(struct jn_flow_table_header) == 64, "one cache line");

struct jn_flow_region {
    struct jn_region_header header;
    uint32_t worker_count;
    uint32_t reserved[15];
    struct jn_flow_table_header tables[JN_MAX_WORKERS];
};
_Static_assert(sizeof(struct jn_flow_region) % 64 == 0, "tables start on a cache line");

// Buckets for `capacity` flows: an even number, at least two for each ten flows.
uint32_t jn_flow_bucket_count(uint32_t capacity);

// Size in bytes of a region for this many workers of this many flows each.
size_t jn_flow_region_size(unsigned int workers, uint32_t capacity);

// Lay a fresh region out (writer).
void jn_flow_region_init(struct jn_flow_region *region, unsigned int workers, uint32_t capacity);

// Validate a mapped region of `size` bytes: every count and offset. 0, or -EPROTO with a sentence in err.
int jn_flow_check(const struct jn_flow_region *region, size_t size, char err[JN_ERR_MAX]);

// Copy entry `number` of a worker's table while its writer may be changing it.
// False when free, out of range, or not to be had whole in a few tries.
bool jn_flow_snapshot(const struct jn_flow_region *region, size_t region_size, unsigned int worker, uint32_t flow_idx,
                      struct jn_flow_entry *out);

static inline uint8_t
jn_flow_family(const struct jn_flow_entry *e) {
    return jn_family(e->flags & JN_FLOW_IPV6);
}

// The parts of key1. Ports are 0 in a flow without: JN_FLOW_NO_PORTS tells that from port 0.
static inline uint16_t
jn_flow_port(const struct jn_flow_entry *e, int end) {
    return (uint16_t)(e->key1 >> (16 * end));
}
static inline uint8_t
jn_flow_protocol(const struct jn_flow_entry *e) {
    return (uint8_t)(e->key1 >> 32);
}
static inline uint16_t
jn_flow_vlan_id(const struct jn_flow_entry *e) {
    return e->key1 >> 40 & 0x0fff;
}
static inline uint16_t
jn_flow_vpg(const struct jn_flow_entry *e) {
    return (uint16_t)(e->key1 >> 52);
}

// Do a flow's packets name ports? Port 0 is one like any other. flags: enum jn_flow_flags, of an entry or a record.
static inline bool
jn_flow_has_ports(uint8_t protocol, uint16_t flags) {
    return (protocol == JN_IP_TCP || protocol == JN_IP_UDP || protocol == JN_IP_SCTP || protocol == JN_IP_UDP_LITE) &&
           !(flags & JN_FLOW_NO_PORTS);
}

// Has the entry no flow? One whose key1 is 0 has no ports, and so has a flag.
static inline bool
jn_flow_is_free(const struct jn_flow_entry *e) {
    return e->key1 == 0 && e->flags == 0;
}

// First packet since the last record, epoch ns: less than 39 hours from the last packet.
static inline uint64_t
jn_flow_delta_start(const struct jn_flow_entry *e) {
    uint64_t low = (uint64_t)e->delta_start_high << 32 | e->delta_start_low;
    int64_t before_last = (int64_t)((e->last_ns - low) << 16) >> 16;
    return e->last_ns - (uint64_t)before_last;
}
static inline void
jn_flow_set_delta_start(struct jn_flow_entry *e, uint64_t ns) {
    jn_store(&e->delta_start_low, (uint32_t)ns);
    jn_store(&e->delta_start_high, (uint16_t)(ns >> 32));
}
