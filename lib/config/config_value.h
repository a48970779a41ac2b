// SPDX-License-Identifier: BSD-3-Clause
// One value of the configuration by itself: is it what its key says, and what does it mean. No memory is kept.
#pragma once

#include "config/config_reader.h"

// Is the value what the key says? When not, a sentence: "expected 0 to 4094, found 5000". Items of an array and members
// of an object are not looked at.
bool jn_value_check(enum jn_key key, const json_t *value, char sentence[JN_SENTENCE_MAX]);

// A value, or a text, as it is said in a sentence: JSON on one line in plain ASCII, cut to fit.
const char *jn_value_shown(const json_t *value, char out[JN_SHOWN_MAX]);
const char *jn_text_shown(const char *text, char out[JN_SHOWN_MAX]);

// Members of an object (NULL: one without members), by key: the default when it is not there or not sound.
int64_t jn_get_integer(const json_t *object, enum jn_key key);
bool jn_get_bool(const json_t *object, enum jn_key key);
unsigned int jn_get_word(const json_t *object, enum jn_key key);
const char *jn_get_text(const json_t *object, enum jn_key key);   // NULL when there is no plain default
const json_t *jn_get_part(const json_t *object, enum jn_key key); // NULL when not there or not sound

// The text of a sound string into a field whose size the key's maximum fits; "" for NULL.
void jn_copy_text(char *out, size_t size, const char *text);

// "02:00:5e:10:00:01". False when it is none, or not one host's: zero, or a group's.
bool jn_mac_parse(const char *text, uint8_t mac[6]);

// 443, or "8000-8080".
bool jn_port_range_parse(const json_t *value, uint16_t range[2]);
// 1 to 255, or 0 when it is no protocol.
uint8_t jn_protocol_parse(const json_t *value);
