// SPDX-License-Identifier: BSD-3-Clause
// How many answers a source gets in a second: each kind of question, and each virtual network, for itself. The table is small
// and never full: sources share its buckets by a hash with a key, so however many are made up, all answers together are
// bounded, and nobody can aim at another's bucket.
#pragma once

#include "core/rate.h"
#include "packet/keyed_hash.h"

#define JN_ANSWER_BUCKETS 1024u // power of two

enum jn_answer_kind { JN_ANSWER_ARP, JN_ANSWER_ND, JN_ANSWER_ECHO, JN_ANSWER_TOO_BIG };

// One worker's.
struct jn_answer_limits {
    struct jn_hash_key key;
    struct jn_rate of[JN_ANSWER_BUCKETS];
};

struct jn_answer_source {
    enum jn_answer_kind kind;
    uint32_t network;       // VNI, or JN_NO_NETWORK
    uint8_t family;         // 4 or 6
    const uint8_t *address; // who asks
    const uint8_t *mac;     // where from; who forges an address forges no answer away from another MAC
};
#define JN_NO_NETWORK UINT32_MAX

// May another be sent, of so many a second, and as many at once? limits: NULL: always.
static inline bool
jn_answer_allowed(struct jn_answer_limits *limits, const struct jn_answer_source *source, uint32_t a_second,
                  uint64_t now_ns) {
    uint8_t address[16] = {0};
    uint64_t number = 0;
    if (limits == NULL)
        return true;
    memcpy(address, source->address, source->family == 6 ? 16 : 4);
    for (unsigned int i = 0; i < 6; i++)
        number = number << 8 | source->mac[i];
    uint64_t hash = jn_hash_mix(jn_hash_address_and(&limits->key, address, number),
                                limits->key.word[source->kind] ^ source->network);
    return jn_rate_take(&limits->of[hash & (JN_ANSWER_BUCKETS - 1)], a_second, a_second, now_ns);
}
