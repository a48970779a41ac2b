// SPDX-License-Identifier: BSD-3-Clause
// Changes of the configuration's document, whatever they are about.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

// The member, made when it is not there: an object or an array.
json_t *document_member(json_t *object, const char *key, bool array);

// Where in the list is the object whose member `key` is that address, however it is written? Size of the list: nowhere.
// False when `text` is no address.
bool document_find(const json_t *list, const char *key, const char *text, size_t *index);

// Members of the object from the request's parameters of those names. What is null goes: the default is then in force.
// Returns how many there were.
size_t document_set(json_t *object, const json_t *params, const char *const *names, size_t count);
