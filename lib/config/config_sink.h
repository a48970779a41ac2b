// SPDX-License-Identifier: BSD-3-Clause
// Where documents go: "sink" or "sinks".
#pragma once

#include "config/config_reader.h"

// Fills in the sinks: one of type "stdout" when the document names none.
void jn_config_read_sinks(struct jn_reader *reader, const json_t *root);

// Where the sink of that number stands in the document: "sink", or "sinks[number]". `place` holds the steps.
const struct jn_json_step *jn_sink_place(const struct jn_config *config, unsigned int number,
                                         struct jn_json_step place[2]);

// What the sink holds; the struct itself is the caller's.
void jn_config_free_sink(struct jn_config_sink *sink);
