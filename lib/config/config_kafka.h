// SPDX-License-Identifier: BSD-3-Clause
// The properties that are handed to librdkafka. What it takes at all, it says itself (junction-export --check); here is
// what it would take, but Junction must not let through.
#pragma once

#include "config/config_reader.h"

// Read the properties of the sink that stands at `at` into `out`, whose type is known. Refused, with path and line: a value that is no plain one nor says where it is, a property
// that delivery relies on set to something else, one that runs or loads code in the exporter, and one that would keep
// documents or their delivery reports from Junction.
void jn_config_read_kafka(struct jn_reader *reader, struct jn_config_sink *out, const json_t *sink,
                          const struct jn_json_step *at);

// Is it the property that names the brokers, under either of its names?
bool jn_kafka_names_brokers(const char *property);
