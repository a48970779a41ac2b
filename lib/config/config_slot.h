// SPDX-License-Identifier: BSD-3-Clause
// Numbers that VPGs and peers keep from policy to policy.
#pragma once

#include "config/config.h"

// A slot for each VPG of the configuration, as jn_config_compile says.
void jn_config_give_slots(const struct jn_config *config, const struct jn_policy *previous,
                          uint16_t slots[JN_MAX_VPGS]);

// A place for each mirroring peer of the VPG, and for each peer of its gate, likewise.
void jn_config_give_places(const struct jn_config_vpg *vpg, const struct jn_policy *previous,
                           uint8_t places[JN_VPG_PEERS]);
void jn_config_give_gate_places(const struct jn_config_vpg *vpg, const struct jn_policy *previous,
                                uint8_t places[JN_GATE_PEERS]);
