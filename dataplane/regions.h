// SPDX-License-Identifier: BSD-3-Clause
// The shared-memory regions that the dataplane owns: counters, flow tables, neighbours, gates, records.
#pragma once

#include "worker/app.h"

// Create all of them. A records region that a dead dataplane left is taken over with what is in it. 0 or negative errno.
int jn_regions_make(struct jn_app *app, char err[JN_ERR_MAX]);

// Memory for the VPG indexes below `used`, before a policy with them comes into force. 0, or negative errno with err.
int jn_regions_grow(struct jn_app *app, uint32_t used, char err[JN_ERR_MAX]);

// Is a junction-export of this instance running?
bool jn_exporter_lives(const struct jn_app *app);

// Give the exporter a moment to take what is left, then remove the regions; records that nobody took stay, and it is said.
void jn_regions_remove(struct jn_app *app);
