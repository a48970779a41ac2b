// SPDX-License-Identifier: BSD-3-Clause
// Frames that a device could not hand over: a warning as long as they become more. Main thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "counters.h"

#define JN_LOSS_SHOWN_MS 10000 // a loss is shown for so long after it has grown
#define JN_LOSS_SAID_MS  60000 // and said in the log at most so often

// What is remembered of one counter of a port. All zero: nothing was seen yet.
struct jn_loss {
    uint64_t seen, unsaid; // its value, and by how much it grew since it was said
    uint64_t grew_ms, said_ms;
    bool growing, was_said;
};

// Note what the counter is now; it begins again at 0 when the device was opened anew. Returns by how much it has grown
// when that is to be said now, else 0.
uint64_t jn_loss_note(struct jn_loss *loss, uint64_t counter, uint64_t now_ms);

// Look at the statistics that were read of the port: set shown->losing, and warn.
void jn_port_losses_watch(unsigned int port_idx, struct jn_port_state *shown, uint64_t now_ms);
