// SPDX-License-Identifier: BSD-3-Clause
// A wire takes frames that are for others. Main thread only.
#pragma once

#include "core/port.h"
#include "shm.h"

// Have a started port take every frame. wired: it makes a wire, and that it takes them all is checked: else -EPERM or what
// the driver says, with a sentence in err that has the command which helps. A port that only carries tunnels need not.
int jn_port_take_all(const struct jn_port *port, bool wired, char err[JN_ERR_MAX]);
