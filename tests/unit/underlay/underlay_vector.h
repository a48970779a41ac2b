// SPDX-License-Identifier: BSD-3-Clause
// Rows of underlay_vectors.h: a frame and what the underlay makes of it; a request that a neighbour's state makes it send.
#pragma once

#include <stddef.h>

#include "underlay/underlay.h"

struct underlay_row {
    const char *what;
    uint16_t port;
    const char *frame; // hexadecimal digits
    uint32_t needed;   // of its bytes: the rest is padding
    enum jn_underlay_outcome outcome;
    int counter; // offset of the one counter that goes up by one; -1: none
    const char *reply;
    unsigned int neighbour; // the one whose link is `before`, then `after`; the others stay INCOMPLETE
    uint64_t before, after;
    const char *peer; // with JN_UNDERLAY_ERROR
    uint8_t family;
    uint32_t mtu;
    bool too_big;
};

struct underlay_request {
    unsigned int neighbour;
    uint64_t state_mac;
    const char *frame;
};

#define C(name) (int)offsetof(struct jn_underlay_counters, name)
