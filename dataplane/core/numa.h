// SPDX-License-Identifier: BSD-3-Clause
// Which NUMA node memory belongs to: that of the core or device that uses it. On a host with one node nothing is done.
// Main thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "counters.h"

#define JN_NUMA_ANY (-1) // as DPDK's SOCKET_ID_ANY

// Nodes of the workers' cores, JN_NUMA_ANY where it is not known.
struct jn_numa {
    unsigned int workers;
    int worker[JN_MAX_WORKERS];
};

#define JN_SYS_CPUS "/sys/devices/system/cpu"

// The nodes of the workers' cores. What DPDK says of an lcore is of the core with its number, not of the one that it is on.
// directory: JN_SYS_CPUS.
void jn_numa_find(struct jn_numa *numa, const char *directory, const unsigned int *cores, unsigned int workers);

// The node for a port's buffers and queues: the device's, else that which all workers are on, else JN_NUMA_ANY.
int jn_numa_of_port(const struct jn_numa *numa, int device);

// The node for what all workers share: theirs, if they are on one.
int jn_numa_of_all(const struct jn_numa *numa);

// Which workers are on another node than the device: a bit for each.
uint32_t jn_numa_far(const struct jn_numa *numa, int device);

// From here on the memory that this thread touches first is taken from that node, if there is some; JN_NUMA_ANY: as before.
void jn_numa_prefer(int node);

// Have whole pages of the range on that node, and move those that are there already. A preference, too. page: their size.
void jn_numa_place(void *memory, size_t size, size_t page, int node);
