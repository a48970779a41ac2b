// SPDX-License-Identifier: BSD-3-Clause
// Fragments of any IPv4 packet without DF (RFC 791 section 3.2): unlike our own outer packets (encap.h) it may have options,
// be a fragment itself, and has an identification of its sender's that stays. Pure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct jn_inner_fragments {
    const uint8_t *packet;
    uint32_t header; // bytes of the IPv4 header, options with it: the same in every fragment
    uint32_t length; // of the payload
    uint32_t done;   // of these, already in fragments
    uint32_t step;   // in a fragment that is not the last
    uint32_t last;   // at most in the last
    uint16_t offset; // of the packet itself in its datagram, in units of 8 bytes
    bool more;       // the packet itself is not the last of its datagram
};

// Take apart an IPv4 packet that has `length` bytes at hand, in one piece, from its IP header on; what is beyond its total
// length is left out. Returns how many fragments of at most `mtu` bytes there will be, or 0: DF is set, the MTU has no
// room, or the header cannot be believed.
uint32_t jn_inner_fragments_begin(struct jn_inner_fragments *f, const uint8_t *packet, uint32_t length, uint32_t mtu);

// Write the next fragment, an IPv4 packet of at most `mtu` bytes, to `out`. Returns its length, or 0 after the last.
uint32_t jn_inner_fragments_next(struct jn_inner_fragments *f, uint8_t *out);
