// SPDX-License-Identifier: BSD-3-Clause
// Buffers of a port's earlier lives: what was received before its device went may still wait in another port's queue. A
// pool is freed once every buffer is home, and kept until then. Main thread only, while the workers run.
#pragma once

#include "worker/app.h"

struct rte_mempool;

enum { JN_KEPT_POOLS = 16 }; // over all ports

// Can the pool serve once more, as one of so many buffers of that room, with at most the `share`th part of them out?
bool jn_pool_fits(const struct rte_mempool *pool, uint32_t count, uint16_t room, uint32_t share);
enum { JN_POOL_SHARE = 8, JN_POOL_SHARE_AT_NEED = 2 };

// Give up a pool that the port does not receive into any longer. 0, or -ENOSPC: there are too many that are not home, and
// it stays the caller's.
int jn_pool_keep(struct jn_app *app, unsigned int port_idx, struct rte_mempool *pool);

// A pool of the port that is kept and fits at need, which is kept no longer: where there is no memory for another. NULL: there is
// none.
struct rte_mempool *jn_pool_recall(unsigned int port_idx, uint32_t count, uint16_t room);

// Free those of which every buffer has come home.
void jn_pools_look(struct jn_app *app);

// How many are kept of the port, and how many buffers are out.
unsigned int jn_pools_kept(unsigned int port_idx, uint64_t *buffers);

// Take back the buffers that a closed AF_XDP device had to receive into: DPDK's driver forgets them. Buffers that others
// hold stay out. Returns how many; negative errno when there is no memory for it.
int jn_pool_take_back(struct jn_app *app, struct rte_mempool *pool);
