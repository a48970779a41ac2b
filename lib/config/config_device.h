// SPDX-License-Identifier: BSD-3-Clause
// The devices of a VPG.
#pragma once

#include "config/config_reader.h"

void jn_config_read_devices(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *devices,
                            const struct jn_json_step *at);
