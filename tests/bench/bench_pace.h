// SPDX-License-Identifier: BSD-3-Clause
// Packets that arrive at a rate, into a receive queue that is imagined: how long each is on its way, from when it arrives
// there until it is handed to the transmitting port. A packet arrives when it is due, not when it is asked for, so what waits
// because the program was away is in the figure.
#pragma once

#include <stdint.h>

struct rte_mbuf;

// After DPDK has started: room for a time stamp in each buffer. Ends the program without.
void bench_pace_start(void);

// Of `most` packets so many have arrived by now, and are stamped.
uint16_t bench_pace_arrived(struct rte_mbuf **mbufs, uint16_t most);

// Has the port note how long what it sends was on its way.
void bench_pace_listen(uint16_t port);
