// SPDX-License-Identifier: BSD-3-Clause
// Values of the configuration that may be secrets: the text itself, {"$file": PATH} or {"$env": NAME}. Here the place is
// read alone. No sentence shows the value.
#pragma once

#include "config/config_reader.h"

// What a value is, "a text", never what it says.
const char *jn_secret_kind(const json_t *value);

// Is it a text of so many bytes without control characters, or a sound reference? When not, a sentence.
bool jn_secret_sound(const json_t *value, int64_t minimum, int64_t maximum, char sentence[JN_SENTENCE_MAX]);

// Is the object a sound reference? When not, a sentence.
bool jn_secret_reference_sound(const json_t *object, char sentence[JN_SENTENCE_MAX]);

// A sound value into a property of that name; NULL: the property stays empty. The property's texts are to be freed.
void jn_secret_read(struct jn_reader *reader, struct jn_config_property *property, const char *name,
                    const json_t *value);

// Free the property's texts; its value is overwritten first.
void jn_secret_free(struct jn_config_property *property);

// The values of a sink that may be secrets, in lists. path: where a list is below the sink; the property's name follows.
#define JN_SECRET_LISTS 5
struct jn_secret_list {
    const char *path[2]; // the second NULL: one step alone
    struct jn_config_property *properties;
    size_t count; // those not given have no name
};
void jn_secret_lists(struct jn_config_sink *sink, struct jn_secret_list lists[JN_SECRET_LISTS]);

// Is the value one that nobody may see: kept elsewhere, or of a name that tells so, such as sasl.password?
bool jn_secret_hidden(const struct jn_config_property *property);
