// SPDX-License-Identifier: BSD-3-Clause
// TCP MSS clamping: what both ends of a connection say that they can take is lowered to what fits a tunnel. Pure.
#pragma once

#include "packet/packet.h"

enum jn_mss_outcome {
    JN_MSS_NONE,    // no SYN, no option that can be believed, or no transport header here: nothing to do
    JN_MSS_KEPT,    // all that it says fits
    JN_MSS_CLAMPED, // the option and the checksum were written
};

// Lower the MSS option (RFC 9293 section 3.7.1) of a SYN or SYN-ACK to what an IP packet of `mtu` bytes carries beside IP
// and TCP headers without options (RFC 6691): mtu - 40, IPv6: mtu - 60. `frame`: the first `length` bytes, in one piece,
// which are the caller's alone when it is clamped; `packet`: what jn_parse_frame found in it. The checksum is updated by
// the difference (RFC 1624 equation 3), so that a wrong one stays wrong. A SYN without the option stays as it is: its
// sender is content with 536 bytes, or 1220 over IPv6.
enum jn_mss_outcome jn_mss_clamp(uint8_t *frame, uint32_t length, const struct jn_packet *packet, uint32_t mtu);
