// SPDX-License-Identifier: BSD-3-Clause
// Pieces of a sample (status_sample.h).
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "lists.h"

struct status_things {
    json_t *list;
    char since[17]; // boot of the region that counts those which are added now
};

// Those that follow are counted by the region of that boot.
void status_since(struct status_things *things, uint64_t boot);

// A new thing of the list. name: NULL for none.
json_t *status_thing(struct status_things *things, const char *about, const char *name);

// A text of a thing; what is not UTF-8 becomes "?".
void status_set_text(json_t *thing, const char *key, const char *text);

// What a thing has counted since its region was made; 0 is left out.
void status_count(json_t *thing, const char *counter, uint64_t value);

// How much of something there is now.
void status_now(json_t *thing, const char *gauge, uint64_t value);

// A loss for each reason that has counted anything. vpg, name: NULL for none.
void status_losses(struct status_things *things, const char *of, const char *vpg, const char *name,
                   const struct jn_list *reasons, const uint64_t *counts);
