// SPDX-License-Identifier: BSD-3-Clause
// What Junction has changed at an interface, as its claim's note tells, taken back: by the port that closes, by the process
// that follows a killed one, and by any other that finds the claim. Main thread only.
#pragma once

#include "core/claim_note.h"

// Bring the interface of that number up if the note has it down, and give it the MTU back that it had unless somebody has
// set another one. own: the note is of this process; else nothing is done to an interface whose MAC address is another than
// the note's, as one that got the number of one that went. What cannot be done is said in the log.
void jn_claim_undo(unsigned int index, const struct jn_claim_note *note, bool own);
