// SPDX-License-Identifier: BSD-3-Clause
// What Junction has changed at an AF_XDP port's interface, noted in the claim on it: who comes after a killed process
// undoes it. Main thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Padded to one length: a shorter text does not leave the end of a longer one. Behind it come the interfaces' features
// (port/nic_features.h).
enum { JN_CLAIM_NOTE_BYTES = 64 };

struct jn_claim_note {
    bool down;                    // the interface is set down
    uint16_t mtu_set, mtu_before; // its MTU, and what it was; 0: not changed
    uint8_t mac[6];               // whose: its number may be another's when the note is read
};

// Write over what the claim says. lock: of jn_xdp_lock. What cannot be noted is said in the log.
void jn_claim_note_write(int lock, const struct jn_claim_note *note);

// What the claim says; all zero when it says nothing, or what cannot be understood.
void jn_claim_note_read(int lock, struct jn_claim_note *note);
