// SPDX-License-Identifier: BSD-3-Clause
// The Kafka sink's part of the section export.
#pragma once

#include "config/config_reader.h"

void jn_config_read_kafka(struct jn_reader *reader, const json_t *sink, const struct jn_json_step *at);
