// SPDX-License-Identifier: BSD-3-Clause
#include "packet/owner.h"

// An odd number of bits are set: every fold of the addresses then has a hash of its own.
enum { KEY = 0x6d5a };

void
jn_owner_key(uint8_t key[JN_OWNER_KEY_BYTES]) {
    for (unsigned int i = 0; i < JN_OWNER_KEY_BYTES; i++)
        key[i] = i % 2 ? KEY & 0xff : KEY >> 8;
}

// Toeplitz of one word: for each bit that is set, the 16 bits of the key that begin at its place.
static uint16_t
hash_of(uint16_t word) {
    uint16_t hash = 0;
    for (unsigned int bit = 0; bit < 16; bit++)
        if (word >> (15 - bit) & 1)
            hash ^= (uint16_t)(KEY << bit | KEY >> (16 - bit));
    return hash;
}

void
jn_owners_keyed(struct jn_owners *owners, const struct jn_hash_key *key, unsigned int workers) {
    owners->key = *key;
    owners->hash = JN_OWNER_KEYED;
    owners->workers = workers;
}

void
jn_owners_toeplitz(struct jn_owners *owners, enum jn_owner_hash hash, unsigned int entries, unsigned int workers) {
    unsigned int size = JN_OWNER_ENTRIES;
    while (size > (entries != 0 ? entries : JN_OWNER_ANY_TABLE))
        size /= 2;
    owners->hash = hash;
    owners->workers = workers;
    owners->mask = (uint16_t)(size - 1);
    for (unsigned int byte = 0; byte < 256; byte++) {
        owners->high[byte] = hash_of((uint16_t)(byte << 8));
        owners->low[byte] = hash_of((uint16_t)byte);
    }
    for (unsigned int i = 0; i < JN_OWNER_ENTRIES; i++)
        owners->worker[i] = (uint8_t)((i & owners->mask) % workers);
}
