// SPDX-License-Identifier: BSD-3-Clause
// A worker's flow table: two-choice hashing into cache-line buckets of eight, tags compared by SIMD, entries dense in an
// array of their own. One writer, its worker; other processes read the entries through lib/flow.h.
#pragma once

#include "core/burst.h"
#include "flow.h"

#define JN_FLOW_BULK 64u

struct jn_flow_key {
    uint64_t key0, key1; // as in the entry
    uint64_t hash;
    const struct jn_packet *packet; // whose addresses these are: the caller keeps it while the key is in use
    bool swapped;                   // the packet's source is end b
    bool v6;
    uint8_t at; // the caller's: its packet's place
};

struct jn_flow_table {
    struct jn_flow_table_header *header; // shared; the rest is the worker's own
    struct jn_flow_bucket *buckets;
    struct jn_flow_entry *entries;
    uint32_t bucket_count;  // even
    uint32_t free_head;     // list through key0 of free entries below high_water
    struct jn_hash_key key; // random each boot, so that nobody outside can aim at one bucket
    uint64_t
        no_ports; // made of the seed: into key0 of what names no ports, which so is never a flow from port 0 to port 0
};

// The bucket in which a flow with that hash is looked for first.
static inline uint32_t
jn_flow_first_bucket(const struct jn_flow_table *table, uint64_t hash) {
    return (uint32_t)((hash & UINT32_MAX) * table->bucket_count >> 32);
}

// Take a worker's laid-out, empty table of the region into use. seed: random.
void jn_flow_table_open(struct jn_flow_table *table, struct jn_flow_region *region, unsigned int worker, uint64_t seed);

// The key of an IP packet in the VPG with that index: the same for both directions (but for one-way ICMP). packet->port
// is zero where there are no ports; that port 0 is another flow, JN_PACKET_PORTS tells.
void jn_flow_key(const struct jn_flow_table *table, const struct jn_packet *packet, uint16_t vpg,
                 struct jn_flow_key *key);

// Look up to JN_FLOW_BULK keys up, prefetching their entries: entry numbers, JN_FLOW_NONE where there is no such flow. Then
// what adding it touches is prefetched.
void jn_flow_table_lookup(const struct jn_flow_table *table, const struct jn_flow_key *keys, unsigned int count,
                          uint32_t *found);

// The same for one key that was looked up before.
uint32_t jn_flow_table_find(const struct jn_flow_table *table, const struct jn_flow_key *key);

// What it begins with, of up to JN_FLOW_BULK keys of which only the first bucket and the tag (flow_bucket.h) are told: the
// first entry with the key's tag, or JN_FLOW_NONE. It is nearly always the flow. The first lines of entries are prefetched.
void jn_flow_table_foresee(const struct jn_flow_table *table, const uint32_t *first, const uint16_t *tag,
                           unsigned int count, uint32_t *found);

// The same of keys. Of IPv6, whose addresses are compared, the second lines of entries are prefetched, too.
void jn_flow_table_foresee_keys(const struct jn_flow_table *table, const struct jn_flow_key *keys, unsigned int count,
                                uint32_t *found);

// Add a flow that is not there: its number, its counters zero; the flags other than JN_FLOW_IPV6, and the times, are to be
// filled by the caller.
// JN_FLOW_NONE when there is no room: then end jn_flow_table_oldest() by jn_flow_end, and add again.
uint32_t jn_flow_table_add(struct jn_flow_table *table, const struct jn_flow_key *key);

// Among the flows whose leaving makes room for the key: one that has ended and lingers, else the one longest without a
// packet.
uint32_t jn_flow_table_oldest(const struct jn_flow_table *table, const struct jn_flow_key *key);

// Is the entry, found earlier, still this key's flow? Others may have been removed and added meanwhile.
bool jn_flow_table_holds(const struct jn_flow_table *table, uint32_t flow_idx, const struct jn_flow_key *key);

// The flow is about to be removed: prefetch its bucket. Its entry is read.
void jn_flow_table_prefetch(const struct jn_flow_table *table, uint32_t flow_idx);

void jn_flow_table_remove(struct jn_flow_table *table, uint32_t flow_idx);
