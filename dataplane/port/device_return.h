// SPDX-License-Identifier: BSD-3-Clause
// Is the device of a port that is closed there again, and can it be opened? Main thread only.
#pragma once

#include <stdbool.h>

#include "core/port.h"

// Have a PCI device bound to the driver that it had, and given to this process's user, where that is to be done. Says in the
// log, once for each return, what somebody else has to do.
bool jn_device_is_back(struct jn_port *port, unsigned int port_idx);
