// SPDX-License-Identifier: BSD-3-Clause
// Packets taken apart into fragments (RFC 791, RFC 8200 section 4.5): our own outer ones, and the IPv4 packets of others
// before they are wrapped. Pure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct jn_fragments {
    const uint8_t *frame;
    uint32_t header; // bytes before the IP payload
    uint32_t length; // of the IP payload
    uint32_t done;   // of these, already in fragments
    uint32_t step;   // in a fragment that is not the last
    uint32_t last;   // at most in the last
    uint32_t identification;
    uint16_t offset; // of the packet itself in its datagram, in units of 8 bytes
    uint16_t ip_at;  // IP header
    bool v6;
    bool more; // the packet itself is not the last of its datagram
};

// Take apart the outer frame that jn_encap_write wrote, payload and all in one piece. Returns how many fragments
// there will be, or 0 when the MTU has no room for any. The identification must not come again soon between the same two
// addresses, whichever worker sends (RFC 6864 section 4.3, RFC 8200 section 4.5); IPv4 uses its low 16 bits.
uint32_t jn_fragments_begin(struct jn_fragments *f, const uint8_t *frame, uint32_t length, uint32_t mtu,
                            uint32_t identification);

// Take apart another's IPv4 packet that has `length` bytes at hand, in one piece, from its IP header on; what is beyond its
// total length is left out. It may have options and be a fragment itself, and its sender's identification stays. Returns
// how many fragments of at most `mtu` bytes there will be, or 0: DF is set, the MTU has no room, or the header cannot be
// believed.
uint32_t jn_inner_fragments_begin(struct jn_fragments *f, const uint8_t *packet, uint32_t length, uint32_t mtu);

// Write the next fragment, with all that stood before the IP header: at most that and `mtu` bytes. Returns its length, or
// 0 after the last.
uint32_t jn_fragments_next(struct jn_fragments *f, uint8_t *out);
