// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "worker/app.h"

struct rte_mempool;

// Main thread: wait until every running worker has passed its loop's beginning: none uses a port that was gone before the
// call.
void jn_workers_wait_round(struct jn_app *app);

// Main thread: have every running worker put the buffers that it keeps of the pool for itself back into it.
void jn_workers_flush_pool(struct jn_app *app, struct rte_mempool *pool);
