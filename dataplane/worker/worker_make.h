// SPDX-License-Identifier: BSD-3-Clause
// The workers, made before they run and taken apart afterwards. Main thread.
#pragma once

#include "worker/app.h"

// Make all workers: memory, tables, rings, and who polls and sends by which queue. 0 or negative errno with err.
int jn_workers_make(struct jn_app *app, char err[JN_ERR_MAX]);
void jn_workers_free(struct jn_app *app);

// All workers have stopped: what is still on its way between them or to a port is sent where it can be, else counted.
void jn_workers_empty(struct jn_app *app);

// The port has another DPDK number now. No worker uses it yet.
void jn_workers_follow(struct jn_app *app, unsigned int port_idx);
