// SPDX-License-Identifier: BSD-3-Clause
// The gates of VPGs, and their redirection.
#pragma once

#include "config/config_reader.h"

// at: of the VPG. After the device subnets.
void jn_config_read_gate(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *gate,
                         const struct jn_json_step *at);

// Between the VPGs.
void jn_config_check_gates(struct jn_reader *reader, const struct jn_json_step *vpgs);

// at: of the VPG. After its gate.
void jn_config_read_redirection(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *redirection,
                                const struct jn_json_step *at);
