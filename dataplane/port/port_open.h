// SPDX-License-Identifier: BSD-3-Clause
// DPDK ports: opened and closed. Main thread only.
#pragma once

#include "worker/app.h"

// Open the port: probe its device, buffers, queues, symmetric RSS where it can, start. 0 or negative errno with a
// sentence in err that names the port and its device.
int jn_port_open(struct jn_app *app, unsigned int port_idx, char err[JN_ERR_MAX]);

// Stop and close. No worker may be using it.
void jn_port_close(struct jn_app *app, unsigned int port_idx);
