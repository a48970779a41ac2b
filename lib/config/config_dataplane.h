// SPDX-License-Identifier: BSD-3-Clause
// The section dataplane: what its values mean together.
#pragma once

#include "config/config_reader.h"

void jn_config_read_dataplane(struct jn_reader *reader, const json_t *dataplane);
