// SPDX-License-Identifier: BSD-3-Clause
// What is known of a frame, for all its copies.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct jn_encap_frame {
    uint64_t time_ns;     // epoch
    uint32_t length;      // bytes at hand
    uint32_t wire_length; // bytes it had on the wire
    uint32_t ip_length;   // of its IP packet without link padding, when ip is not 0
    uint16_t l3_offset;
    uint16_t vlan_tci; // its outer tag's TCI, or JN_VLAN_ID_NONE: untagged
    uint8_t ip;        // 4, 6, or 0: no IP packet that can be believed
    bool downlink;
};
