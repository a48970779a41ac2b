// SPDX-License-Identifier: BSD-3-Clause
// The answer to a packet that is too long for the way ahead: ICMP fragmentation needed (RFC 792, RFC 1191 section 4), or
// ICMPv6 packet too big (RFC 4443 section 3.2). Pure; whoever sends it limits the rate (RFC 1812 4.3.2.8, RFC 4443 2.4 (f)).
#pragma once

#include "packet/packet.h"

#define JN_TOO_BIG_MAX 1310u // bytes of the longest answer: Ethernet, four tags, the least MTU of IPv6

// Make the answer to `frame` (Ethernet, `length` bytes in one piece, `packet` what jn_parse_frame found in it) as a frame
// to its sender: link header as it came, MACs exchanged, tags kept. `source`: the address that the answer comes from, of
// the packet's family, network order. `mtu`: bytes of the longest IP packet that passes. `answer` does not overlap
// the frame. It quotes as much of the packet as is allowed: 576 bytes (RFC 1812 4.3.2.3) or 1280 in all.
// Returns its length, without padding to Ethernet's 60 bytes, or 0 when there must be no answer: the packet fits; IPv4
// without DF (it is to be fragmented); an ICMP error, or ICMP whose type cannot be seen; a fragment other than the first; to
// or from what is no single host, by MAC or IP; a header that cannot be believed; MPLS, PPPoE or LLC around it. ICMPv6 never says
// less than 1280 (no host heeds it, RFC 8201 section 4), so there is no answer to an IPv6 packet of up to 1280 bytes.
uint32_t jn_too_big(const uint8_t *frame, uint32_t length, const struct jn_packet *packet, const uint8_t *source,
                    uint32_t mtu, uint8_t answer[JN_TOO_BIG_MAX]);
