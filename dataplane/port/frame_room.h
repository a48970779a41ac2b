// SPDX-License-Identifier: BSD-3-Clause
// The room that a wire's frames need beyond the MTU.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    JN_ETHERNET = 14,
    JN_TAG = 4, // as long as an MPLS label
    JN_TAG_ROOM = 2 * JN_TAG,
    JN_LABEL_ROOM = 4 * JN_TAG,
};

// The sentence about frames that a device loses which takes frames of `longest` bytes, without checksum; "" when that
// leaves room for two VLAN tags and four MPLS labels around a packet as long as the MTU. Returns text.
const char *jn_frame_room_text(uint16_t mtu, uint32_t longest, char *text, size_t size);
