// SPDX-License-Identifier: BSD-3-Clause
// How a packet becomes the key of its flow: inline, so that a burst's keys cost no more than they must. What decides nothing
// but the direction is no branch: traffic goes both ways.
#pragma once

#include "flow/flow_table.h"
#include "packet/bytes.h"

// Mixed twice: one multiplication leaves neighbouring addresses at equal distances, which with an unlucky key fall into a
// third of the buckets.
static inline uint64_t
jn_flow_hash(const struct jn_flow_table *table, uint64_t key0, uint64_t key1) {
    uint64_t once = jn_hash_mix(key0 ^ table->key.word[0], key1 ^ table->key.word[1]);
    return jn_hash_mix(once, UINT64_C(0x9e3779b97f4a7c15));
}

static inline unsigned __int128
jn_flow_key_number(const uint8_t address[16]) {
    uint64_t half[2];
    memcpy(half, address, sizeof(half));
    return (unsigned __int128)be64toh(half[0]) << 64 | be64toh(half[1]);
}

// The addresses' part of a key of IPv6: a multiplication for each half of both. Returns true if the source is end b.
static inline bool
jn_flow_key_v6(const struct jn_flow_table *table, const struct jn_packet *packet, uint64_t *key0) {
    unsigned __int128 source = jn_flow_key_number(packet->address[0]),
                      destination = jn_flow_key_number(packet->address[1]);
    bool swapped = (source > destination) | ((source == destination) & (packet->port[0] > packet->port[1]));
    swapped &= !(packet->flags & JN_PACKET_ONE_WAY);
    unsigned __int128 a = swapped ? destination : source, b = swapped ? source : destination;
    const struct jn_hash_key *key = &table->key;
    *key0 = jn_hash_mix((uint64_t)(a >> 64) ^ key->word[0], (uint64_t)(b >> 64) ^ key->word[1]) ^
            jn_hash_mix((uint64_t)a ^ key->word[2], (uint64_t)b ^ key->word[3]);
    return swapped;
}

// The addresses' part of a key of IPv4. forth: source << 32 | destination. greater_port: the source's, which decides where an
// address talks to itself. Returns true if the source is end b.
static inline bool
jn_flow_key_order(uint64_t forth, bool greater_port, uint64_t *key0) {
    uint64_t back = forth << 32 | forth >> 32;
    bool swapped = __builtin_expect(forth == back, 0) ? greater_port : forth > back;
    *key0 = swapped ? back : forth;
    return swapped;
}

static inline bool
jn_flow_key_v4(const struct jn_packet *packet, uint64_t *key0) {
    uint64_t forth = (uint64_t)jn_be32(packet->address[0]) << 32 | jn_be32(packet->address[1]);
    return jn_flow_key_order(forth, packet->port[0] > packet->port[1], key0);
}

// What key1 has of a packet's place.
static inline uint64_t
jn_flow_place(uint16_t vlan_id, uint16_t vpg_idx) {
    return (uint64_t)vlan_id << 40 | (uint64_t)vpg_idx << 52;
}

// key0, v6 and swapped are known.
static inline void
jn_flow_key_finish(const struct jn_flow_table *table, const struct jn_packet *packet, uint16_t vpg,
                   struct jn_flow_key *key) {
    uint32_t ports, turn = key->swapped * 16u;
    memcpy(&ports, packet->port, sizeof(ports));
    ports = ports << turn | ports >> (-turn & 31u);
    key->packet = packet;
    key->key1 = ports | (uint64_t)packet->protocol << 32 | jn_flow_place(packet->vlan_id, vpg);
    key->hash = jn_flow_hash(table, key->key0, key->key1);
}

_Static_assert(JN_FLOW_IPV6 == 1, "compared with a bool");

// Has an entry of IPv6 whose key0 is the packet's its addresses, of which that is a hash? swapped: its source is end b.
static inline bool
jn_flow_has_addresses(const struct jn_flow_entry *entry, const struct jn_packet *packet, bool swapped) {
    return memcmp(entry->address[0], packet->address[swapped], 16) == 0 &&
           memcmp(entry->address[1], packet->address[!swapped], 16) == 0;
}

// Is that entry the key's flow?
static inline bool
jn_flow_is(const struct jn_flow_entry *entry, const struct jn_flow_key *key) {
    if ((entry->key0 ^ key->key0) | (entry->key1 ^ key->key1) | ((entry->flags & JN_FLOW_IPV6) ^ key->v6))
        return false;
    return __builtin_expect(!key->v6, 1) || jn_flow_has_addresses(entry, key->packet, key->swapped);
}
