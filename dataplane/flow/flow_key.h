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

static inline bool
jn_flow_key_v4(const struct jn_packet *packet, uint64_t *key0) {
    uint64_t forth = (uint64_t)jn_be32(packet->address[0]) << 32 | jn_be32(packet->address[1]),
             back = forth << 32 | forth >> 32;
    bool swapped = forth > back;
    if (__builtin_expect(forth == back, 0))
        swapped = packet->port[0] > packet->port[1];
    *key0 = swapped ? back : forth;
    return swapped;
}

// key0, v6 and swapped are known.
static inline void
jn_flow_key_finish(const struct jn_flow_table *table, const struct jn_packet *packet, uint16_t vpg,
                   struct jn_flow_key *key) {
    uint32_t ports, turn = key->swapped * 16u;
    memcpy(&ports, packet->port, sizeof(ports));
    ports = ports << turn | ports >> (-turn & 31u);
    key->packet = packet;
    key->key1 = ports | (uint64_t)packet->protocol << 32 | (uint64_t)packet->vlan_id << 40 | (uint64_t)vpg << 52;
    key->hash = jn_flow_hash(table, key->key0, key->key1);
}

// Short for IPv4 with ports, which most packets are.
static inline void
jn_flow_key_quick(const struct jn_flow_table *table, const struct jn_packet *packet, uint16_t vpg,
                  struct jn_flow_key *key) {
    const uint32_t looked_at = JN_PACKET_IPV6 | JN_PACKET_ONE_WAY | JN_PACKET_PORTS;
    if (__builtin_expect((packet->flags & looked_at) != JN_PACKET_PORTS, 0)) {
        jn_flow_key(table, packet, vpg, key);
        return;
    }
    key->swapped = jn_flow_key_v4(packet, &key->key0);
    key->v6 = false;
    jn_flow_key_finish(table, packet, vpg, key);
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
