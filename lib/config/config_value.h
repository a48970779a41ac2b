// SPDX-License-Identifier: BSD-3-Clause
// One value of the configuration by itself: what it means, how it is said, and which of a set of names somebody may have
// meant. No memory is kept.
#pragma once

#include "config/config_reader.h"

// A value, or a text, as it is said in a sentence: JSON on one line in plain ASCII, cut to fit.
const char *jn_value_shown(const json_t *value, char out[JN_SHOWN_MAX]);
const char *jn_text_shown(const char *text, char out[JN_SHOWN_MAX]);

// Has it no control characters?
bool jn_text_printable(const char *text);

// "02:00:5e:10:00:01". False when it is none, or not one host's: zero, or a group's.
bool jn_mac_parse(const char *text, uint8_t mac[6]);

// 443, or "8000-8080".
bool jn_port_range_parse(const json_t *value, uint16_t range[2]);
// 1 to 255, or 0 when it is no protocol.
uint8_t jn_protocol_parse(const json_t *value);

// Texts owned elsewhere; sorted and without duplicates once jn_names_sort was called.
struct jn_names {
    const char **text;
    size_t count;
};
void jn_names_sort(struct jn_names *names);
// Position of the name, or -1. Sorted sets only.
long jn_names_find(const struct jn_names *names, const char *name);

// How many characters are inserted, left out, wrong or swapped, in any case (optimal string alignment). UINT32_MAX where a
// word is longer than JN_WORD_LONGEST.
#define JN_WORD_LONGEST 64
unsigned int jn_word_distance(const char *a, const char *b);

// The candidate that is few typing errors away from the word, or NULL.
const char *jn_names_nearest(const struct jn_names *names, const char *word);

// `; did you mean "vlan"?`, or "" for NULL.
const char *jn_did_you_mean(const char *nearest, char out[JN_SHOWN_MAX + 24]);
