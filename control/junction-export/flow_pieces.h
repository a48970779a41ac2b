// SPDX-License-Identifier: BSD-3-Clause
// What flow documents say by a number or by bits, for each value that there is: as text, made once.
#pragma once

#include "classified.h"
#include "text_pieces.h"

struct flow_pieces {
    struct text_piece protocol[2][256];                    // by lean, and IP protocol: members of "network"
    struct text_piece application[JN_APPLICATION_NUMBERS]; // by nDPI's number: ECS word; empty when there is none
    struct text_piece verdict[256];                        // by enum jn_verdict_bits: inside of an array
    struct text_piece tcp_flags[256];                      // inside of an array
};

extern struct flow_pieces flow_pieces; // writer: flow_pieces_make

// Once protocols_init was called. Again it makes the same.
void flow_pieces_make(void);
