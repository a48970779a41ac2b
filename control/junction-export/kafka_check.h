// SPDX-License-Identifier: BSD-3-Clause
// The properties of the sink "kafka", checked by librdkafka itself, without a broker.
#pragma once

#include "config/config_reader.h"

// A jn_sink_check (lib/config/config_reader.h). A producer is made of all properties but those that name brokers, and
// destroyed: no connection is made, but files that properties name are read, by the user who runs this. An unknown
// property, an impossible value and an impossible pair become errors at their place with librdkafka's reason; what
// librdkafka only warns of becomes a warning. Not thread-safe.
void kafka_check(struct jn_reader *reader, const struct jn_config_sink *sink, const struct jn_json_step *at);

// Check a whole configuration file: errors and warnings go to standard error, a line each. The file is read as who runs this,
// its sink looked at as junction-export: root is that user afterwards. The exit status.
int kafka_check_file(const char *path);
