// SPDX-License-Identifier: BSD-3-Clause
// The packet buffers that a port receives into. Main thread only.
#pragma once

#include "worker/app.h"

// Note the MTU that interfaces have, where the options name none: what buffers take is worked out before ports are open.
void jn_port_note_mtus(struct jn_options *options);

// The same of PCI devices, which DPDK has found when it has started. 0, or -ENOTSUP with a sentence in err when there is no
// room for frames of that length.
int jn_port_note_device_mtus(struct jn_options *options, char err[JN_ERR_MAX]);

// Make the port's pool anew, for frames of its MTU and what its device has room for beyond; scatters: its device spreads a long frame over several buffers. 0 or
// negative errno with a sentence in err.
int jn_port_make_pool(struct jn_app *app, struct jn_port *port, bool scatters, char err[JN_ERR_MAX]);
