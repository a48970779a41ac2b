// SPDX-License-Identifier: BSD-3-Clause
// A gateway for captures: what a perfect one would answer, which gives every packet back as it was.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define JN_REPLAY_GATEWAY_MAC UINT64_C(0x020000000003) // inner

// Turn an outer frame that was sent to the gateway into the one that brings its packet back: both headers' addresses change
// places, which leaves every checksum right. False: it is no VXLAN.
bool jn_replay_reflect(uint8_t *frame, uint32_t length);
