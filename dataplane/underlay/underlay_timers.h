// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "underlay/underlay.h"

// Run the timers: age entries, and make at most one due request in frame (JN_UNDERLAY_REQUEST_MAX bytes of room).
// Returns its length, to be sent by *port, or 0. Call it every round of a loop: it looks through the table once a
// millisecond. An INCOMPLETE entry is asked for at once, then after 1, 1, 1, 2 and 4 s; a REACHABLE one unconfirmed for
// 5 s becomes PROBE, and is asked by unicast every second (RFC 1122 2.3.2.1, RFC 4861 7.3.3); the third time unanswered
// it becomes INCOMPLETE again.
uint32_t jn_underlay_run_timers(struct jn_underlay *u, uint64_t now_ns, uint8_t frame[JN_UNDERLAY_REQUEST_MAX],
                                uint16_t *port);
