// SPDX-License-Identifier: BSD-3-Clause
// The worker threads: made before they run, steered by the main thread.
#pragma once

#include "app.h"
#include "worker_rules.h"

// Make all workers: memory, tables, rings, and who polls and sends by which queue. 0 or negative errno with err.
int jn_workers_make(struct jn_app *app, char err[JN_ERR_MAX]);
void jn_workers_free(struct jn_app *app);

// All workers have stopped: what is still on its way between them or to a port is sent where it can be, else counted.
void jn_workers_empty(struct jn_app *app);

// The body of a worker thread (lcore function). argument: its struct jn_thread.
int jn_worker_run(void *argument);

// Wait until every running worker has passed its loop's beginning: none uses a port that was gone before the call.
void jn_workers_pass(struct jn_app *app);

// Port `number` has another DPDK number now. No worker uses it yet.
void jn_workers_follow(struct jn_app *app, unsigned int number);
