// SPDX-License-Identifier: BSD-3-Clause
// What a device's bus and driver have told of it, as a word of bits that DPDK's interrupt thread adds to and the main thread
// takes; and what follows from it. Without DPDK.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum jn_port_told {
    JN_TOLD_REMOVED = 1 << 0,    // it goes, or is gone
    JN_TOLD_RESET = 1 << 1,      // it works again only after a reset
    JN_TOLD_RECOVERING = 1 << 2, // its driver mends it, and must be left alone meanwhile
    JN_TOLD_RECOVERED = 1 << 3,
    JN_TOLD_FAILED = 1 << 4, // its driver could not
};

// What the main thread has to do with the port.
enum jn_port_step {
    JN_PORT_STAYS,
    JN_PORT_RECOVERS, // nothing passes, and nothing is asked of the device, until it resumes or fails
    JN_PORT_RESUMES,
    JN_PORT_GOES,    // close it and give its device up
    JN_PORT_RESETS,  // reset and open it
    JN_PORT_REOPENS, // give its device up and open it
};

// The word with one more bit. Of recovery the latest alone counts: it may begin anew before it has ended.
uint32_t jn_port_told_add(uint32_t told, enum jn_port_told bit);

// What to do next. recovering: the port is since the last JN_PORT_RECOVERS. Takes from the word what was heeded.
enum jn_port_step jn_port_told_step(uint32_t *told, bool recovering);
