// SPDX-License-Identifier: BSD-3-Clause
// What a sink's values must be beyond what each key says alone.
#pragma once

#include "config/config_reader.h"

// One sink by itself; at: its place.
void jn_config_check_sink(struct jn_reader *reader, const struct jn_config_sink *sink, const struct jn_json_step *at);

// All of them beside each other: two that would write into one place.
void jn_config_check_sinks_together(struct jn_reader *reader);
