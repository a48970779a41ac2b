// SPDX-License-Identifier: BSD-3-Clause
// The first pass: every value by its key alone.
#pragma once

#include "config/config_reader.h"

void jn_config_check_shape(struct jn_reader *reader, const json_t *root);
