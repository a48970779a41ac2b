// SPDX-License-Identifier: BSD-3-Clause
// What a replay will not show.
#pragma once

#include "config/config.h"

// Say on standard error what of the configuration a replay passes over. writes_tunnel: it is to write what leaves by the tunnel
// port.
void replay_warn(const struct jn_config *config, bool writes_tunnel);
