// SPDX-License-Identifier: BSD-3-Clause
#include "flow/flow_table.h"

#include <emmintrin.h>
#include <string.h>

#include "contract.h"
#include "packet/bytes.h"

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

// Mixed twice: one multiplication leaves neighbouring addresses at equal distances, which with an unlucky key fall into a
// third of the buckets.
static inline uint64_t
hash_key(const struct jn_flow_table *table, uint64_t key0, uint64_t key1) {
    uint64_t once = jn_hash_mix(key0 ^ table->key.word[0], key1 ^ table->key.word[1]);
    return jn_hash_mix(once, UINT64_C(0x9e3779b97f4a7c15));
}

static bool
key_v6(const struct jn_flow_table *table, const struct jn_packet *packet, struct jn_flow_key *key) {
    int order = memcmp(packet->address[0], packet->address[1], 16);
    bool swapped = order > 0 || (order == 0 && packet->port[0] > packet->port[1]);
    if (packet->flags & JN_PACKET_ONE_WAY)
        swapped = false;
    const uint8_t *a = packet->address[swapped], *b = packet->address[!swapped];
    uint64_t end_a = jn_hash_address(&table->key, a), end_b = jn_hash_address(&table->key, b);
    key->key0 = jn_hash_mix(end_a ^ table->key.word[2], end_b ^ table->key.word[3]);
    return swapped;
}

static inline bool
key_v4(const struct jn_packet *packet, struct jn_flow_key *key) {
    uint64_t source = jn_be32(packet->address[0]), destination = jn_be32(packet->address[1]);
    uint64_t forth = source << 32 | destination, back = destination << 32 | source;
    bool swapped = source != destination ? source > destination : packet->port[0] > packet->port[1];
    swapped &= !(packet->flags & JN_PACKET_ONE_WAY);
    key->key0 = swapped ? back : forth;
    return swapped;
}

static inline void
make_flow_key(const struct jn_flow_table *table, const struct jn_packet *packet, uint16_t vpg,
              struct jn_flow_key *key) {
    bool v6 = packet->flags & JN_PACKET_IPV6;
    bool swapped = v6 ? key_v6(table, packet, key) : key_v4(packet, key);
    uint32_t ports = packet->port[0] | (uint32_t)packet->port[1] << 16;
    key->packet = packet;
    key->swapped = swapped;
    key->v6 = v6;
    key->key1 = (swapped ? ports << 16 | ports >> 16 : ports) | (uint64_t)packet->protocol << 32 |
                (uint64_t)packet->vlan_id << 40 | (uint64_t)vpg << 52;
    key->hash = hash_key(table, key->key0, key->key1);
}

static void
take_ports_out(const struct jn_flow_table *table, struct jn_flow_key *key) {
    key->key0 ^= table->no_ports;
    key->hash = hash_key(table, key->key0, key->key1);
}

void
jn_flow_key(const struct jn_flow_table *table, const struct jn_packet *packet, uint16_t vpg, struct jn_flow_key *key) {
    make_flow_key(table, packet, vpg, key);
    if (!(packet->flags & JN_PACKET_PORTS))
        take_ports_out(table, key);
}

void
jn_flow_keys(const struct jn_flow_table *table, const struct jn_packet *packets, const uint16_t *vpg,
             const uint8_t *which, unsigned int count, struct jn_flow_key *keys) {
    uint32_t all = JN_PACKET_PORTS;
    for (unsigned int n = 0; n < count; n++) {
        make_flow_key(table, &packets[which[n]], vpg[which[n]], &keys[n]);
        all &= packets[which[n]].flags;
        __builtin_prefetch(&table->buckets[jn_flow_first_bucket(table, keys[n].hash)]);
    }
    for (unsigned int n = 0; n < count && __builtin_expect(all == 0, 0); n++) {
        if (keys[n].packet->flags & JN_PACKET_PORTS)
            continue;
        take_ports_out(table, &keys[n]);
        __builtin_prefetch(&table->buckets[jn_flow_first_bucket(table, keys[n].hash)]);
    }
}

static inline uint16_t
hash_tag(uint64_t hash) {
    return (uint16_t)(hash >> 48 | 1);
}

// From the other bucket and the tag alone, either way round: the sum of both is the tag's, modulo their count. It is odd and
// the count is even, so one of them is odd and one even: they are never the same.
static inline uint32_t
other_bucket(const struct jn_flow_table *table, uint32_t bucket, uint16_t tag) {
    uint64_t mixed = (uint32_t)(tag * UINT32_C(0x9e3779b1));
    uint32_t sum = (uint32_t)(mixed * table->bucket_count >> 32) | 1;
    return sum >= bucket ? sum - bucket : sum - bucket + table->bucket_count;
}

// Bits of the ways that hold the tag.
static inline unsigned int
ways_with_tag(const struct jn_flow_bucket *bucket, uint16_t tag) {
    __m128i tags = _mm_load_si128((const __m128i *)bucket->tag);
    __m128i equal = _mm_cmpeq_epi16(tags, _mm_set1_epi16((short)tag));
    return (unsigned int)_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128()));
}

_Static_assert(JN_FLOW_IPV6 == 1, "compared with a bool");

static inline bool
same_flow(const struct jn_flow_entry *entry, const struct jn_flow_key *key) {
    if (entry->key0 != key->key0 || entry->key1 != key->key1)
        return false;
    if (__builtin_expect(!((entry->flags & JN_FLOW_IPV6) | key->v6), 1))
        return true;
    return (entry->flags & JN_FLOW_IPV6) == key->v6 &&
           memcmp(entry->address[0], key->packet->address[key->swapped], 16) == 0 &&
           memcmp(entry->address[1], key->packet->address[!key->swapped], 16) == 0;
}

bool
jn_flow_table_holds(const struct jn_flow_table *table, uint32_t flow_idx, const struct jn_flow_key *key) {
    return flow_idx < table->header->high_water && same_flow(&table->entries[flow_idx], key);
}

static inline uint32_t
find_in(const struct jn_flow_table *table, const struct jn_flow_bucket *bucket, const struct jn_flow_key *key) {
    for (unsigned int ways = ways_with_tag(bucket, hash_tag(key->hash)); ways != 0; ways &= ways - 1) {
        uint32_t flow_idx = bucket->entry[__builtin_ctz(ways)];
        if (same_flow(&table->entries[flow_idx], key))
            return flow_idx;
    }
    return JN_FLOW_NONE;
}

static uint32_t
find_anywhere(const struct jn_flow_table *table, const struct jn_flow_key *key) {
    uint32_t first = jn_flow_first_bucket(table, key->hash), flow_idx = find_in(table, &table->buckets[first], key);
    if (flow_idx != JN_FLOW_NONE || table->buckets[first].overflowed == 0)
        return flow_idx;
    return find_in(table, &table->buckets[other_bucket(table, first, hash_tag(key->hash))], key);
}

void
jn_flow_table_lookup(const struct jn_flow_table *table, const struct jn_flow_key *keys, unsigned int count,
                     uint32_t *found) {
    for (unsigned int i = 0; i < count; i++) {
        const struct jn_flow_bucket *bucket = &table->buckets[jn_flow_first_bucket(table, keys[i].hash)];
        unsigned int ways = ways_with_tag(bucket, hash_tag(keys[i].hash));
        found[i] = ways != 0 ? bucket->entry[__builtin_ctz(ways)] : JN_FLOW_NONE;
        if (ways != 0)
            __builtin_prefetch(&table->entries[found[i]], 1);
    }
    // The first way with the tag is nearly always the flow.
    for (unsigned int i = 0; i < count; i++)
        if (__builtin_expect(found[i] == JN_FLOW_NONE || !same_flow(&table->entries[found[i]], &keys[i]), 0))
            found[i] = find_anywhere(table, &keys[i]);
}

static uint32_t
take_entry(struct jn_flow_table *table) {
    uint32_t flow_idx = table->free_head, high_water = table->header->high_water;
    if (flow_idx != JN_FLOW_NONE)
        table->free_head = (uint32_t)table->entries[flow_idx].key0;
    else if (high_water < table->header->capacity) {
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
        unsigned int free_ways = ways_with_tag(target, 0);
        if (free_ways == 0)
            continue;
        const struct jn_flow_entry *entry = &table->entries[bucket->entry[way]];
        uint32_t home = jn_flow_first_bucket(table, hash_key(table, entry->key0, entry->key1));
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
    uint16_t tag = hash_tag(key->hash);
    uint32_t first = jn_flow_first_bucket(table, key->hash), bucket_idx = first;
    unsigned int free_ways = ways_with_tag(&table->buckets[first], 0);
    if (free_ways == 0) {
        bucket_idx = other_bucket(table, first, tag);
        free_ways = ways_with_tag(&table->buckets[bucket_idx], 0);
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
    oldest = older_in(table, &table->buckets[other_bucket(table, bucket, hash_tag(key->hash))], oldest);
    // Both empty: all entries are taken elsewhere, and any flow's leaving makes room.
    for (uint32_t i = 0; oldest == JN_FLOW_NONE && i < table->bucket_count; i++)
        oldest = older_in(table, &table->buckets[i], JN_FLOW_NONE);
    return oldest;
}

static bool
clear_way(struct jn_flow_bucket *bucket, uint16_t tag, uint32_t flow_idx) {
    for (unsigned int ways = ways_with_tag(bucket, tag); ways != 0; ways &= ways - 1) {
        int way = __builtin_ctz(ways);
        if (bucket->entry[way] != flow_idx)
            continue;
        bucket->tag[way] = 0;
        return true;
    }
    return false;
}

void
jn_flow_table_remove(struct jn_flow_table *table, uint32_t flow_idx) {
    struct jn_flow_entry *entry = &table->entries[flow_idx];
    uint64_t hash = hash_key(table, entry->key0, entry->key1);
    uint32_t first = jn_flow_first_bucket(table, hash);
    if (!clear_way(&table->buckets[first], hash_tag(hash), flow_idx)) {
        clear_way(&table->buckets[other_bucket(table, first, hash_tag(hash))], hash_tag(hash), flow_idx);
        table->buckets[first].overflowed--;
    }
    struct jn_flow_entry nothing = {.key0 = table->free_head};
    change_identity(entry, &nothing);
    table->free_head = flow_idx;
    jn_store(&table->header->active, table->header->active - 1);
}
