// SPDX-License-Identifier: BSD-3-Clause
// Numbers that VPGs and peers keep from policy to policy.
#pragma once

#include "config/config.h"

// Assign an index to each VPG of the configuration, as jn_config_compile says.
void jn_config_assign_vpgs(const struct jn_config *config, const struct jn_policy *previous,
                           uint16_t indexes[JN_MAX_VPGS]);

// Likewise for each mirroring peer of the VPG, and for each peer of its gate.
void jn_config_assign_peers(const struct jn_config_vpg *vpg, const struct jn_policy *previous,
                            uint8_t indexes[JN_VPG_PEERS]);
void jn_config_assign_gate_peers(const struct jn_config_vpg *vpg, const struct jn_policy *previous,
                                 uint8_t indexes[JN_GATE_PEERS]);
