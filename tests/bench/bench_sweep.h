// SPDX-License-Identifier: BSD-3-Clause
// Ports that receive flows without end, for more of them than captures in memory can hold: what a null device receives
// becomes, in a callback of its queue, the next frame of the next flow.
//     BENCH_SWEEP=DEVICE:KIND:FLOWS:SIZES     as net_null1:ipv4:10000000:60,60,1514
// KIND is ipv4, ipv6 or vlan, SIZES lengths without FCS that frames have in turn. Each pass over the flows has another
// order, so that no pass finds them as the table has them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// The port's queues, once it has started; several get the flows as a NIC deals them out. paced: at the rate that bench.py asks for. Ends the program if BENCH_SWEEP is not
// understood.
void bench_sweep_attach(uint16_t port, const char *device, bool paced);
