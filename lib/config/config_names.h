// SPDX-License-Identifier: BSD-3-Clause
// Sets of names, and which of them somebody may have meant.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "config/config_reader.h"

// Texts owned elsewhere; sorted and without duplicates once jn_names_sort was called.
struct jn_names {
    const char **text;
    size_t count;
};
void jn_names_sort(struct jn_names *names);
// Position of the name, or -1. Sorted sets only.
long jn_names_find(const struct jn_names *names, const char *name);

// The candidate that is few typing errors away from the word, or NULL.
const char *jn_names_nearest(const struct jn_names *names, const char *word);

// `; did you mean "vlan"?`, or "" for NULL.
const char *jn_did_you_mean(const char *nearest, char out[JN_SHOWN_MAX + 24]);
