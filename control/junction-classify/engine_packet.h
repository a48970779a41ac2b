// SPDX-License-Identifier: BSD-3-Clause
// Packets as nDPI reads them, in engine->packet.
#pragma once

#include "engine_flow.h"

// Copy the sample's packet, with lengths as they are there. Its length.
uint16_t engine_packet_copy(struct engine *engine, const struct jn_sample *sample);

// A packet without payload that end b or a of the flow sent, of TCP with those flags and numbers. Its length.
uint16_t engine_packet_build(struct engine *engine, const struct jn_sample *sample, bool from_b, uint8_t tcp_flags,
                             const uint32_t seq_ack[2]);
