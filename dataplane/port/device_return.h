// SPDX-License-Identifier: BSD-3-Clause
// Is the device of a port that is closed there again, and can it be opened? Main thread only.
#pragma once

#include <stdbool.h>

#include "core/port.h"

// Have a PCI device bound to the driver that it had, and given to this process's user, where that is to be done. Says in the
// log, once for each return, what somebody else has to do.
bool jn_device_is_back(struct jn_port *port, unsigned int port_idx);

#define JN_INTERFACE_WAIT_NS UINT64_C(2000000000)

// May an interface be opened that has been made again? Whoever makes it sets it up right after: until then, but no longer than
// JN_INTERFACE_WAIT_NS, it is left alone, since DPDK's driver reads its flags and writes them back, and would undo that.
// since_ns: when it was seen first, CLOCK_MONOTONIC; 0: not yet.
bool jn_interface_is_ready(uint64_t *since_ns, bool there, bool enabled, uint64_t now_ns);
