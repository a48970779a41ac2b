// SPDX-License-Identifier: BSD-3-Clause
// A row of gate_vectors.h: a frame, what the gate's engine makes of it, and one host before and after.
#pragma once

#include <stddef.h>

#include "gate.h"

struct gate_row {
    const char *what;
    unsigned int peer_idx;
    bool own;          // an IP packet to us
    const char *frame; // hexadecimal digits
    enum jn_gate_drop drop;
    int counter; // offset of one counter that goes up by one; -1: none
    const char *reply;
    const char *host; // the one that is looked at
    uint8_t family;   // 0: none is
    uint64_t before;  // its link; 0: it is not known at all
    uint8_t peer_idx_before;
    unsigned int age_s; // since it was heard
    uint64_t after;
    uint8_t peer_idx_after;
};

#define C(name) (int)offsetof(struct jn_gate_counters, name)
