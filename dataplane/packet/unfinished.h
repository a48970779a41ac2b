// SPDX-License-Identifier: BSD-3-Clause
// Checksums that a sender's kernel leaves to its network card (Linux, CHECKSUM_PARTIAL): of TCP and UDP the field holds the
// pseudo-header's sum, of SCTP nothing. A virtual card has nobody who finishes them. Pure: no state, no DPDK.
#pragma once

#include "packet/packet.h"

// What goes into a frame to finish its checksum.
struct jn_finish {
    uint32_t at; // offset in the frame
    uint8_t length;
    uint8_t bytes[4];
};

// Is a checksum of the frame unfinished? True, and what finishes it; a kernel leaves at most one in a frame. Looked for in
// TCP, UDP and SCTP, by themselves or inside VXLAN, Geneve, GRE, ERSPAN and IP; never in a fragment, which no kernel leaves
// unfinished, and not behind an outer checksum that is right as it stands. A right checksum that equals the
// pseudo-header's sum by chance is left. packet: as jn_parse_frame found it; length: the whole frame.
bool jn_find_unfinished(const uint8_t *frame, uint32_t length, const struct jn_packet *packet,
                        struct jn_finish *finish);
