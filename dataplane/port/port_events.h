// SPDX-License-Identifier: BSD-3-Clause
// What drivers and the PCI bus say in DPDK's interrupt thread. It only leaves a note, which the main thread takes when it looks
// at its ports, every 50 ms.
#pragma once

#include <stdint.h>

#include "worker/app.h"

// Listen. Before ports are opened; once. 0, or negative errno with a sentence in err.
int jn_port_events_listen(const struct jn_app *app, char err[JN_ERR_MAX]);

// What was told of the port since the last call: enum jn_port_told.
uint32_t jn_port_events_take(const struct jn_app *app, unsigned int port_idx);
