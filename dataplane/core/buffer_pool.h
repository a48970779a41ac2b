// SPDX-License-Identifier: BSD-3-Clause
// Pools of packet buffers that take the memory that lib/sizes.h counts. Main thread only.
#pragma once

#include <stdint.h>

struct rte_mempool;

// As rte_pktmbuf_pool_create, with the same memory for a buffer whatever pages there are. room: bytes of a buffer, headroom
// included. node: of NUMA, or JN_NUMA_ANY. NULL with rte_errno: no memory there. To be freed by rte_mempool_free.
struct rte_mempool *jn_buffer_pool_make(const char *name, uint32_t count, uint32_t cache, uint16_t room, int node);
