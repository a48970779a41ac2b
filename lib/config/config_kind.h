// SPDX-License-Identifier: BSD-3-Clause
// Values by key: is one what its key says, and what is it then. No memory is kept.
#pragma once

#include "config/config_reader.h"

// Is the value what the key says? When not, a sentence: "expected 0 to 4094, found 5000". Items of an array and members
// of an object are not looked at.
bool jn_value_check(enum jn_key key, const json_t *value, char sentence[JN_SENTENCE_MAX]);

// Members of an object (NULL: one without members), by key: the default when it is not there or not sound.
int64_t jn_get_integer(const json_t *object, enum jn_key key);
bool jn_get_bool(const json_t *object, enum jn_key key);
unsigned int jn_get_word(const json_t *object, enum jn_key key);
const char *jn_get_text(const json_t *object, enum jn_key key);   // NULL when there is no plain default
const json_t *jn_get_part(const json_t *object, enum jn_key key); // NULL when not there or not sound

// The text of a sound string into a field whose size the key's maximum fits; "" for NULL.
void jn_copy_text(char *out, size_t size, const char *text);

// The first pass: every value of the document by its key alone.
void jn_config_check_shape(struct jn_reader *reader, const json_t *root);
