// SPDX-License-Identifier: BSD-3-Clause
// Which worker a flow belongs to: one function for the whole process, the same for both directions and on all ports. Where
// NICs deal packets out it is what they compute, Toeplitz with a key that repeats two bytes and a table; else it is a keyed
// hash. Pure: no state, no DPDK.
#pragma once

#include <endian.h>

#include "packet/packet.h"

#define JN_OWNER_KEY_BYTES 256u // more than any NIC wants
#define JN_OWNER_ENTRIES   512u // of the table, at most
#define JN_OWNER_ANY_TABLE 128u // entries, where no NIC tells its own

enum jn_owner_hash {
    JN_OWNER_KEYED,     // of both addresses, with a key that nobody outside knows: no NIC takes part
    JN_OWNER_ADDRESSES, // Toeplitz of both addresses
    JN_OWNER_PORTS,     // Toeplitz, of whole TCP and UDP packets with their ports: some NICs know no other
};

// Written by the main thread before the workers start.
struct jn_owners {
    struct jn_hash_key key;
    enum jn_owner_hash hash;
    unsigned int workers;
    uint16_t mask;      // entries of the table, less one
    uint16_t high[256]; // Toeplitz of a word that has this byte first
    uint16_t low[256];  // and second
    uint8_t worker[JN_OWNER_ENTRIES];
};

// The key that NICs and jn_owners_toeplitz use: the same two bytes over and over, so that both directions of a flow hash
// alike (Woo and Park, "Scalable TCP session monitoring with symmetric receive-side scaling").
void jn_owner_key(uint8_t key[JN_OWNER_KEY_BYTES]);

// Deal out by the keyed hash, among that many workers.
void jn_owners_keyed(struct jn_owners *owners, const struct jn_hash_key *key, unsigned int workers);

// Deal out as NICs do, by JN_OWNER_ADDRESSES or JN_OWNER_PORTS. entries: of the smallest table of all NICs, 0 where none
// tells; what is more than there is room for, or no power of two, is rounded down. Keeps the key.
void jn_owners_toeplitz(struct jn_owners *owners, enum jn_owner_hash hash, unsigned int entries, unsigned int workers);

// The worker for entry i of a NIC's table, which may be larger than ours.
static inline unsigned int
jn_owner_of_entry(const struct jn_owners *owners, unsigned int i) {
    return owners->worker[i & owners->mask];
}

// Is the packet hashed with its ports? A fragment is not: not all have them.
static inline bool
jn_owner_takes_ports(const struct jn_packet *packet) {
    uint32_t kind = packet->flags & (JN_PACKET_PORTS | JN_PACKET_FRAGMENT);
    return kind == JN_PACKET_PORTS && (packet->protocol == JN_IP_TCP || packet->protocol == JN_IP_UDP);
}

// The exclusive or of an address's 32-bit words. Loaded piece by piece: a copy of all would stall on its own stores.
static inline uint32_t
jn_owner_fold(const uint8_t address[16], const struct jn_packet *packet) {
    uint32_t first;
    uint64_t half[2];
    if (!(packet->flags & JN_PACKET_IPV6)) {
        memcpy(&first, address, sizeof(first));
        return first;
    }
    memcpy(&half[0], address, sizeof(half[0]));
    memcpy(&half[1], address + 8, sizeof(half[1]));
    half[0] ^= half[1];
    return (uint32_t)(half[0] ^ half[0] >> 32);
}

// Toeplitz is linear, and this key's hash of a bit depends on its place in its 16-bit word alone: so the hash of all words
// is that of their exclusive or, and 16 bits say all of it.
static inline uint16_t
jn_owner_toeplitz(const struct jn_owners *owners, const struct jn_packet *packet, bool ports) {
    uint32_t all = jn_owner_fold(packet->address[0], packet) ^ jn_owner_fold(packet->address[1], packet);
    all ^= all >> 16;
    uint16_t word = be16toh((uint16_t)all);
    if (ports)
        word ^= packet->port[0] ^ packet->port[1];
    return owners->high[word >> 8] ^ owners->low[word & 0xff];
}

// The owner of a packet with JN_PACKET_IP. Of a fragment it is by its addresses alone, also where whole packets of its flow
// go by their ports (worker/fragment_owner.h).
static inline unsigned int
jn_owner(const struct jn_owners *owners, const struct jn_packet *packet) {
    if (owners->hash == JN_OWNER_KEYED)
        return (unsigned int)((uint64_t)jn_packet_address_hash(&owners->key, packet) * owners->workers >> 32);
    bool ports = owners->hash == JN_OWNER_PORTS && jn_owner_takes_ports(packet);
    return jn_owner_of_entry(owners, jn_owner_toeplitz(owners, packet, ports));
}
