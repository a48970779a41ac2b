// SPDX-License-Identifier: BSD-3-Clause
// The section vpgs: what its values mean together.
#pragma once

#include "config/config_reader.h"

void jn_config_read_vpgs(struct jn_reader *reader, const json_t *vpgs);
