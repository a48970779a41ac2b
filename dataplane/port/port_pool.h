// SPDX-License-Identifier: BSD-3-Clause
// The packet buffers that a port receives into. Main thread only.
#pragma once

#include "worker/app.h"

// Bytes of one buffer, headroom included: a default frame, or a whole one where the device does not scatter.
uint16_t jn_port_room(uint16_t mtu, bool xdp, bool scatters);

// Make the port's pool anew, for frames of its device_mtu; scatters: its device spreads a long frame over several buffers. 0 or
// negative errno with a sentence in err.
int jn_port_make_pool(struct jn_app *app, struct jn_port *port, bool scatters, char err[JN_ERR_MAX]);
