// SPDX-License-Identifier: BSD-3-Clause
// The section export.
#pragma once

#include "config/config_reader.h"

void jn_config_read_sink(struct jn_reader *reader, const json_t *sink);
