// SPDX-License-Identifier: BSD-3-Clause
// Places in a JSON document: paths made of steps, and where in the text they lead, which jansson does not keep.
#pragma once

#include <stddef.h>

// One step down from `parent` (NULL: from the root): to the member `key`, or, without one, to an array's item `index`.
struct jn_json_step {
    const struct jn_json_step *parent;
    const char *key;
    size_t index;
};

// The place of a member or an item, living as long as the block it is written in.
#define JN_MEMBER(from, name) (&(struct jn_json_step){.parent = (from), .key = (name)})
#define JN_ITEM(from, number) (&(struct jn_json_step){.parent = (from), .index = (number)})

// Where a member's key or an item begins, in JSON text that jansson accepted and that has no duplicate keys.
// For what is not there: the nearest place above it.
size_t jn_json_offset(const char *text, size_t length, const struct jn_json_step *path);

// The line, from 1, of an offset.
unsigned int jn_json_line(const char *text, size_t offset);

// "vpgs[0].vlan": cut to fit; "" for the root.
void jn_json_path(const struct jn_json_step *path, char *out, size_t size);
