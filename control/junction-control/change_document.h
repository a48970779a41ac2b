// SPDX-License-Identifier: BSD-3-Clause
// Changes of the configuration's document, whatever they are about.
#pragma once

#include "config/config_keys.h"

// The member, made when it is not there: an object or an array.
json_t *document_member(json_t *object, const char *key, bool array);

// Where in the list is the object whose member `key` is that address, however it is written? Size of the list: nowhere.
// False when `text` is no address.
bool document_find(const json_t *list, const char *key, const char *text, size_t *index);

// The members of the object that the request's parameters name, of those that the key's object may have but need not.
// What is null goes: the default is then in force. Returns how many there were.
size_t document_set(json_t *object, const json_t *params, enum jn_key key);
