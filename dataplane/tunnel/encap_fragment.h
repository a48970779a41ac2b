// SPDX-License-Identifier: BSD-3-Clause
// Fragments of outer packets.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// An outer frame that is longer than the MTU, taken apart.
struct jn_fragments {
    const uint8_t *frame;
    uint32_t header; // bytes before the IP payload
    uint32_t length; // of the IP payload
    uint32_t done;   // of these, already in fragments
    uint32_t step;   // in a fragment that is not the last
    uint32_t last;   // at most in the last
    uint32_t identification;
    uint16_t ip_at; // IP header
    bool v6;
};

// Take apart the outer frame that jn_encap_write wrote, payload and all in one piece. Returns how many fragments
// there will be, or 0 when the MTU has no room for any. The identification must not come again soon between the same two
// addresses, whichever worker sends (RFC 6864 section 4.3, RFC 8200 section 4.5); IPv4 uses its low 16 bits.
uint32_t jn_fragments_begin(struct jn_fragments *f, const uint8_t *frame, uint32_t length, uint32_t mtu,
                            uint32_t identification);

// Write the next fragment as a whole frame: at most 18 + MTU bytes. Returns its length, or 0 after the last.
uint32_t jn_fragments_next(struct jn_fragments *f, uint8_t *out);
