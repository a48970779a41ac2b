// SPDX-License-Identifier: BSD-3-Clause
// What the underlay that was read says about an address. A gateway and a peer are asked the same.
#pragma once

#include "config/config_value.h"

// An own address with the length of its subnet.
struct jn_prefix jn_underlay_prefix(const struct jn_underlay_address *own);

// Is it a host's address that is not Junction's own? When not, the error is said.
bool jn_underlay_check_host(struct jn_reader *reader, const struct jn_prefix *address, const struct jn_json_step *at);

// Is an own address with its subnet's length a host's? When not, the error is said.
bool jn_underlay_check_own(struct jn_reader *reader, const struct jn_prefix *own, const struct jn_json_step *at);

// Likewise, and does a connected subnet or a route lead to it?
void jn_underlay_check_peer(struct jn_reader *reader, const struct jn_prefix *address, const struct jn_json_step *at);

// Addresses and routes of all ports.
void jn_config_read_underlay(struct jn_reader *reader, const json_t *ports, const struct jn_json_step *at);
