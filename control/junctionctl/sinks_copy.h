// SPDX-License-Identifier: BSD-3-Clause
// A private copy of the sinks region.
#pragma once

#include <jansson.h>

#include "sinks.h"

struct sinks_copy {
    struct jn_sinks_region region; // texts are whole and NUL-terminated
    bool alive;                    // its writer is
};

// 0, or negative with a sentence in err: -ENOENT: junction-export has not run yet.
int sinks_take(struct sinks_copy *copy, const char *instance, char err[JN_ERR_MAX]);

// Is the part in use?
bool sinks_used(const struct jn_sink_view *view);

// A text of the region as it may be printed: one line of plain ASCII.
json_t *sinks_text(const char *text, size_t size);

// The names of those in trouble, an array; null when that is not known.
json_t *sinks_in_trouble(const char *instance);
