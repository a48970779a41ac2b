// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "underlay/underlay.h"

// Look at a frame of `length` bytes that came in by `port` (Ethernet, no FCS). parsed: what jn_parse_frame found in it;
// NULL: found out here if need be. Frames to another unicast MAC cost one comparison. The caller sends the reply.
enum jn_underlay_outcome jn_underlay_input(struct jn_underlay *u, uint16_t port, const uint8_t *frame, uint32_t length,
                                           const struct jn_packet *parsed, uint64_t now_ns,
                                           struct jn_underlay_result *result);
