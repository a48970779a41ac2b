// SPDX-License-Identifier: BSD-3-Clause
// The redirection of a VPG.
#pragma once

#include "config/config_reader.h"

// at: of the VPG. After its gate.
void jn_config_read_redirection(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *redirection,
                                const struct jn_json_step *at);
