// SPDX-License-Identifier: BSD-3-Clause
// Server names that a worker remembers of its flows: each once, however many flows have it, and for as long as one has. Of
// bounded size, since names come from outside. One thread's.
#pragma once

#include "classified.h"
#include "packet/keyed_hash.h"

#define JN_SERVER_NAMES 16384u // power of two

struct jn_server_name_kept {
    uint32_t flows; // that have it; 0: free
    uint16_t next;  // number of another one of its bucket, or of the next free one; 0: none
    uint8_t length;
    char text[JN_SERVER_NAME_MAX];
};
_Static_assert(sizeof(struct jn_server_name_kept) == 264, "4 MB of them");

// Names have numbers from 1 on; 0 is none.
struct jn_server_names {
    struct jn_hash_key key;
    uint16_t free_head;
    uint16_t buckets[JN_SERVER_NAMES];
    struct jn_server_name_kept names[JN_SERVER_NAMES + 1];
};

// All of it is touched. NULL: no memory.
struct jn_server_names *jn_server_names_make(const struct jn_hash_key *key);

// One more flow has the name. Its number, or 0 when there is no room.
uint16_t jn_server_name_keep(struct jn_server_names *names, const char *text, uint8_t length);

// One flow less has the name with that number; 0: nothing.
void jn_server_name_release(struct jn_server_names *names, uint16_t number);

static inline const struct jn_server_name_kept *
jn_server_name_at(const struct jn_server_names *names, uint16_t number) {
    return &names->names[number];
}
