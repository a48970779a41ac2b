// SPDX-License-Identifier: BSD-3-Clause
// Are the packet buffers and the memory that the file names enough for its ports and workers?
#pragma once

#include "config/config_reader.h"

// Which ports have addresses, and so may carry tunnels: a bit for each.
uint32_t jn_config_tunnel_ports(const struct jn_config_dataplane *dataplane);

// Say what is too small, with the number that it takes. The dataplane's part was read without an error.
void jn_config_check_sizes(struct jn_reader *reader, const struct jn_json_step *at);
