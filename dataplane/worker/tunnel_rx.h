// SPDX-License-Identifier: BSD-3-Clause
// What comes in by a tunnel port for Junction itself, before anything else looks at the burst.
#pragma once

#include "worker/app.h"

// Hand packet i of a burst over to the worker that owns its flow or gate.
void jn_hand_over(struct jn_thread *thread, unsigned int owner, const struct jn_burst *burst, unsigned int i);

// Parse a burst of a tunnel port, and take out of it what the underlay engine consumes; send its replies. What is a gateway's
// bulk is not parsed. Learning is the port owner's alone: other workers hand ARP and neighbour discovery over to it.
void jn_underlay_take(struct jn_thread *thread, struct jn_burst *burst);

// The owner of the port sends one request if it is due.
void jn_underlay_send_due(struct jn_thread *thread);
