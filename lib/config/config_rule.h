// SPDX-License-Identifier: BSD-3-Clause
// The rules of a VPG.
#pragma once

#include "config/config_reader.h"

void jn_config_read_rules(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *value,
                          const struct jn_json_step *at);
