// SPDX-License-Identifier: BSD-3-Clause
#include "flow/server_names.h"

#include <stdlib.h>
#include <string.h>

struct jn_server_names *
jn_server_names_make(const struct jn_hash_key *key) {
    struct jn_server_names *names = malloc(sizeof(*names));
    if (names == NULL)
        return NULL;
    memset(names, 0, sizeof(*names));
    names->key = *key;
    for (uint32_t number = JN_SERVER_NAMES; number > 0; number--) {
        names->names[number].next = names->free_head;
        names->free_head = (uint16_t)number;
    }
    return names;
}

static uint16_t *
bucket_of(struct jn_server_names *names, const char *text, uint8_t length) {
    uint64_t hash = names->key.word[2] ^ length;
    for (unsigned int at = 0; at < length; at += 8) {
        uint64_t word = 0;
        memcpy(&word, text + at, length - at < 8 ? length - at : 8u);
        hash = jn_hash_mix(hash ^ word, names->key.word[3]);
    }
    return &names->buckets[hash & (JN_SERVER_NAMES - 1)];
}

uint16_t
jn_server_name_keep(struct jn_server_names *names, const char *text, uint8_t length) {
    uint16_t *bucket = bucket_of(names, text, length), number = *bucket;
    while (number != 0 &&
           (names->names[number].length != length || memcmp(names->names[number].text, text, length) != 0))
        number = names->names[number].next;
    if (number != 0) {
        names->names[number].flows++;
        return number;
    }
    number = names->free_head;
    if (number == 0)
        return 0;
    struct jn_server_name_kept *name = &names->names[number];
    names->free_head = name->next;
    name->flows = 1;
    name->length = length;
    name->next = *bucket;
    memcpy(name->text, text, length);
    *bucket = number;
    return number;
}

void
jn_server_name_release(struct jn_server_names *names, uint16_t number) {
    struct jn_server_name_kept *name = &names->names[number];
    if (number == 0 || --name->flows != 0)
        return;
    uint16_t *link = bucket_of(names, name->text, name->length);
    while (*link != number)
        link = &names->names[*link].next;
    *link = name->next;
    name->next = names->free_head;
    names->free_head = number;
}
