// SPDX-License-Identifier: BSD-3-Clause
#include "flow/flow_table.h"

#include <string.h>

#include "contract.h"
#include "flow/flow_bucket.h"
#include "flow/flow_key.h"

void
jn_flow_table_open(struct jn_flow_table *table, struct jn_flow_region *region, unsigned int worker, uint64_t seed) {
    struct jn_flow_table_header *header = &region->tables[worker];
    jn_require(worker < region->worker_count && header->bucket_count != 0 && header->bucket_count % 2 == 0);
    *table = (struct jn_flow_table){
        .header = header,
        .buckets = (void *)((char *)region + header->buckets_offset),
        .entries = (void *)((char *)region + header->entries_offset),
        .bucket_count = header->bucket_count,
        .free_head = JN_FLOW_NONE,
        .key = jn_hash_key_of(seed),
        .no_ports = jn_hash_mix(seed ^ UINT64_C(0xe7037ed1a0b428db), UINT64_C(0x8ebc6af09c88c6e3)) | 1,
    };
}

// One-way ICMP: the source is end a.
static void
keep_direction(const struct jn_packet *packet, struct jn_flow_key *key) {
    key->swapped = false;
    if (!key->v6)
        key->key0 = (uint64_t)jn_be32(packet->address[0]) << 32 | jn_be32(packet->address[1]);
}

void
jn_flow_key(const struct jn_flow_table *table, const struct jn_packet *packet, uint16_t vpg, struct jn_flow_key *key) {
    key->v6 = packet->flags & JN_PACKET_IPV6;
    key->swapped = key->v6 ? jn_flow_key_v6(table, packet, &key->key0) : jn_flow_key_v4(packet, &key->key0);
    if (packet->flags & JN_PACKET_ONE_WAY)
        keep_direction(packet, key);
    if (!(packet->flags & JN_PACKET_PORTS))
        key->key0 ^= table->no_ports;
    jn_flow_key_finish(table, packet, vpg, key);
}

// From the other bucket and the tag alone, either way round: the sum of both is the tag's, modulo their count. It is odd and
// the count is even, so one of them is odd and one even: they are never the same.
static inline uint32_t
other_bucket(const struct jn_flow_table *table, uint32_t bucket, uint16_t tag) {
    uint64_t mixed = (uint32_t)(tag * UINT32_C(0x9e3779b1));
    uint32_t sum = (uint32_t)(mixed * table->bucket_count >> 32) | 1;
    return sum >= bucket ? sum - bucket : sum - bucket + table->bucket_count;
}

bool
jn_flow_table_holds(const struct jn_flow_table *table, uint32_t flow_idx, const struct jn_flow_key *key) {
    return flow_idx < table->header->high_water && jn_flow_is(&table->entries[flow_idx], key);
}

static inline uint32_t
find_in(const struct jn_flow_table *table, const struct jn_flow_bucket *bucket, const struct jn_flow_key *key) {
    for (unsigned int ways = jn_flow_ways_with_tag(bucket, jn_flow_hash_tag(key->hash)); ways != 0; ways &= ways - 1) {
        uint32_t flow_idx = bucket->entry[__builtin_ctz(ways)];
        if (jn_flow_is(&table->entries[flow_idx], key))
            return flow_idx;
    }
    return JN_FLOW_NONE;
}

static uint32_t
find_anywhere(const struct jn_flow_table *table, const struct jn_flow_key *key) {
    uint32_t first = jn_flow_first_bucket(table, key->hash), flow_idx = find_in(table, &table->buckets[first], key);
    if (flow_idx != JN_FLOW_NONE || table->buckets[first].overflowed == 0)
        return flow_idx;
    return find_in(table, &table->buckets[other_bucket(table, first, jn_flow_hash_tag(key->hash))], key);
}

static void
prefetch_flows(const struct jn_flow_table *table, const struct jn_flow_bucket *bucket) {
    for (unsigned int way = 0; way < JN_FLOW_WAYS; way++)
        if (bucket->tag[way] != 0)
            __builtin_prefetch(&table->entries[bucket->entry[way]]);
}

// These flows are about to be added. One whose first bucket is full looks into its second one; where there is no room, the
// oldest in both makes it: all of them at once, so that they are not waited for one by one.
static __attribute__((noinline)) void
prefetch_for_adding(const struct jn_flow_table *table, const uint32_t *first, const uint16_t *tag, uint64_t missing) {
    bool full = table->header->active == table->header->capacity;
    uint64_t crowded = 0;
    __asm__ volatile(""); // gcc takes a prefetch for no effect, and leaves out the call of a function that has no other
    for (uint64_t rest = missing; rest != 0; rest &= rest - 1) {
        unsigned int i = (unsigned int)__builtin_ctzll(rest);
        if (!full && jn_flow_ways_with_tag(&table->buckets[first[i]], 0) != 0)
            continue;
        crowded |= UINT64_C(1) << i;
        __builtin_prefetch(&table->buckets[other_bucket(table, first[i], tag[i])], 1);
    }
    for (; crowded != 0 && full; crowded &= crowded - 1) {
        unsigned int i = (unsigned int)__builtin_ctzll(crowded);
        prefetch_flows(table, &table->buckets[first[i]]);
        prefetch_flows(table, &table->buckets[other_bucket(table, first[i], tag[i])]);
    }
}

uint32_t
jn_flow_table_find(const struct jn_flow_table *table, const struct jn_flow_key *key) {
    return find_anywhere(table, key);
}

void
jn_flow_table_foresee(const struct jn_flow_table *table, const uint32_t *first, const uint16_t *tag, unsigned int count,
                      uint32_t *found) {
    const struct jn_flow_bucket *buckets = table->buckets;
    const struct jn_flow_entry *entries = table->entries;
    uint64_t missing = 0;
    for (unsigned int i = 0; i < count; i++) {
        const struct jn_flow_bucket *bucket = &buckets[first[i]];
        unsigned int ways = jn_flow_ways_with_tag(bucket, tag[i]);
        if (__builtin_expect(ways == 0, 0)) {
            found[i] = JN_FLOW_NONE;
            missing |= UINT64_C(1) << i;
            continue;
        }
        found[i] = bucket->entry[__builtin_ctz(ways)];
        __builtin_prefetch(&entries[found[i]], 1);
    }
    if (__builtin_expect(missing != 0, 0))
        prefetch_for_adding(table, first, tag, missing);
}

void
jn_flow_table_foresee_keys(const struct jn_flow_table *table, const struct jn_flow_key *keys, unsigned int count,
                           uint32_t *found) {
    uint32_t first[JN_FLOW_BULK] = {0};
    uint16_t tag[JN_FLOW_BULK] = {0};
    if (count == 0)
        return;
    for (unsigned int i = 0; i < count; i++) {
        first[i] = jn_flow_first_bucket(table, keys[i].hash);
        tag[i] = jn_flow_hash_tag(keys[i].hash);
    }
    jn_flow_table_foresee(table, first, tag, count, found);
    for (unsigned int i = 0; i < count; i++)
        if (keys[i].v6 && found[i] != JN_FLOW_NONE)
            __builtin_prefetch(table->entries[found[i]].address);
}

void
jn_flow_table_lookup(const struct jn_flow_table *table, const struct jn_flow_key *keys, unsigned int count,
                     uint32_t *found) {
    jn_flow_table_foresee_keys(table, keys, count, found);
    // The first way with the tag is nearly always the flow.
    for (unsigned int i = 0; i < count; i++)
        if (__builtin_expect(found[i] == JN_FLOW_NONE || !jn_flow_is(&table->entries[found[i]], &keys[i]), 0))
            found[i] = find_anywhere(table, &keys[i]);
}

// Both lines, to be written.
static inline void
prefetch_entry(const struct jn_flow_entry *entry) {
    __builtin_prefetch(entry, 1);
    __builtin_prefetch(entry->address, 1);
}

static uint32_t
take_entry(struct jn_flow_table *table) {
    uint32_t flow_idx = table->free_head, high_water = table->header->high_water;
    if (flow_idx != JN_FLOW_NONE) {
        table->free_head = (uint32_t)table->entries[flow_idx].key0;
        if (table->free_head != JN_FLOW_NONE)
            prefetch_entry(&table->entries[table->free_head]);
    } else if (high_water < table->header->capacity) {
        flow_idx = high_water;
        jn_store(&table->header->high_water, high_water + 1);
    }
    return flow_idx;
}

// Everything of an entry changes between an odd and an even version; readers retry in between.
static void
change_identity(struct jn_flow_entry *entry, struct jn_flow_entry *next) {
    next->version = entry->version + 1;
    jn_store(&entry->version, next->version);
    jn_seq_store(entry, next, sizeof(*entry));
    __atomic_store_n(&entry->version, next->version + 1, __ATOMIC_RELEASE);
}

// Move one flow of a full bucket to its other bucket (cuckoo hashing, one step). Returns the bit of the way that became
// free, or 0.
static unsigned int
make_room(struct jn_flow_table *table, uint32_t from) {
    struct jn_flow_bucket *bucket = &table->buckets[from];
    for (unsigned int way = 0; way < JN_FLOW_WAYS; way++) {
        uint32_t to = other_bucket(table, from, bucket->tag[way]);
        struct jn_flow_bucket *target = &table->buckets[to];
        unsigned int free_ways = jn_flow_ways_with_tag(target, 0);
        if (free_ways == 0)
            continue;
        const struct jn_flow_entry *entry = &table->entries[bucket->entry[way]];
        uint32_t home = jn_flow_first_bucket(table, jn_flow_hash(table, entry->key0, entry->key1));
        int free_way = __builtin_ctz(free_ways);
        target->entry[free_way] = bucket->entry[way];
        target->tag[free_way] = bucket->tag[way];
        bucket->tag[way] = 0;
        table->buckets[home].overflowed += home == from ? 1 : UINT32_MAX;
        return 1u << way;
    }
    return 0;
}

uint32_t
jn_flow_table_add(struct jn_flow_table *table, const struct jn_flow_key *key) {
    uint16_t tag = jn_flow_hash_tag(key->hash);
    uint32_t first = jn_flow_first_bucket(table, key->hash), bucket_idx = first;
    unsigned int free_ways = jn_flow_ways_with_tag(&table->buckets[first], 0);
    if (free_ways == 0) {
        bucket_idx = other_bucket(table, first, tag);
        free_ways = jn_flow_ways_with_tag(&table->buckets[bucket_idx], 0);
    }
    if (free_ways == 0)
        free_ways = make_room(table, bucket_idx);
    if (free_ways == 0)
        free_ways = make_room(table, bucket_idx = first);
    uint32_t flow_idx = free_ways != 0 ? take_entry(table) : JN_FLOW_NONE;
    if (flow_idx == JN_FLOW_NONE)
        return JN_FLOW_NONE;
    struct jn_flow_entry entry = {
        .key0 = key->key0, .key1 = key->key1, .rule = JN_RULE_DEFAULT, .flags = key->v6 ? JN_FLOW_IPV6 : 0};
    const uint8_t *a = key->packet->address[key->swapped], *b = key->packet->address[!key->swapped];
    if (!key->v6) {
        memcpy(entry.address[0], a, 4);
        memcpy(entry.address[1], b, 4);
    } else {
        memcpy(entry.address[0], a, 16);
        memcpy(entry.address[1], b, 16);
    }
    change_identity(&table->entries[flow_idx], &entry);
    struct jn_flow_bucket *bucket = &table->buckets[bucket_idx];
    int way = __builtin_ctz(free_ways);
    bucket->entry[way] = flow_idx;
    bucket->tag[way] = tag;
    table->buckets[first].overflowed += bucket_idx != first;
    jn_store(&table->header->active, table->header->active + 1);
    return flow_idx;
}

// A flow that has ended and lingers goes first, then the one that was silent for longer.
static bool
goes_before(const struct jn_flow_entry *a, const struct jn_flow_entry *b) {
    const unsigned int closed = JN_FLOW_CLOSING_A | JN_FLOW_CLOSING_B;
    bool a_closed = (a->flags & closed) == closed, b_closed = (b->flags & closed) == closed;
    return a_closed != b_closed ? a_closed : a->last_ns < b->last_ns;
}

static uint32_t
older_in(const struct jn_flow_table *table, const struct jn_flow_bucket *bucket, uint32_t oldest) {
    for (unsigned int way = 0; way < JN_FLOW_WAYS; way++) {
        if (bucket->tag[way] == 0)
            continue;
        uint32_t flow_idx = bucket->entry[way];
        if (oldest == JN_FLOW_NONE || goes_before(&table->entries[flow_idx], &table->entries[oldest]))
            oldest = flow_idx;
    }
    return oldest;
}

uint32_t
jn_flow_table_oldest(const struct jn_flow_table *table, const struct jn_flow_key *key) {
    uint32_t bucket = jn_flow_first_bucket(table, key->hash);
    uint32_t oldest = older_in(table, &table->buckets[bucket], JN_FLOW_NONE);
    oldest = older_in(table, &table->buckets[other_bucket(table, bucket, jn_flow_hash_tag(key->hash))], oldest);
    // Both empty: all entries are taken elsewhere, and any flow's leaving makes room.
    for (uint32_t i = 0; oldest == JN_FLOW_NONE && i < table->bucket_count; i++)
        oldest = older_in(table, &table->buckets[i], JN_FLOW_NONE);
    return oldest;
}

static bool
clear_way(struct jn_flow_bucket *bucket, uint16_t tag, uint32_t flow_idx) {
    for (unsigned int ways = jn_flow_ways_with_tag(bucket, tag); ways != 0; ways &= ways - 1) {
        int way = __builtin_ctz(ways);
        if (bucket->entry[way] != flow_idx)
            continue;
        bucket->tag[way] = 0;
        return true;
    }
    return false;
}

void
jn_flow_table_prefetch(const struct jn_flow_table *table, uint32_t flow_idx) {
    const struct jn_flow_entry *entry = &table->entries[flow_idx];
    uint64_t hash = jn_flow_hash(table, entry->key0, entry->key1);
    __builtin_prefetch(&table->buckets[jn_flow_first_bucket(table, hash)], 1);
}

void
jn_flow_table_remove(struct jn_flow_table *table, uint32_t flow_idx) {
    struct jn_flow_entry *entry = &table->entries[flow_idx];
    uint64_t hash = jn_flow_hash(table, entry->key0, entry->key1);
    uint32_t first = jn_flow_first_bucket(table, hash);
    if (!clear_way(&table->buckets[first], jn_flow_hash_tag(hash), flow_idx)) {
        clear_way(&table->buckets[other_bucket(table, first, jn_flow_hash_tag(hash))], jn_flow_hash_tag(hash),
                  flow_idx);
        table->buckets[first].overflowed--;
    }
    struct jn_flow_entry nothing = {.key0 = table->free_head};
    change_identity(entry, &nothing);
    table->free_head = flow_idx;
    jn_store(&table->header->active, table->header->active - 1);
}
