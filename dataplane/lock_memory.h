// SPDX-License-Identifier: BSD-3-Clause
// No page fault between two polls: what the process has mapped is there, and stays.
#pragma once

#include <stdbool.h>
#include <sys/resource.h>

// Before DPDK makes the workers' threads: their stacks are locked whole, so they are no larger than they have to be.
void jn_memory_bound_stacks(void);

// Once DPDK has its memory, and before regions are made, which take memory as VPGs come: bring in and lock all that is mapped;
// of what is mapped later, lock what is touched. Where the process may not, it is said, and all goes on.
void jn_memory_lock(void);

// May memory be locked under that limit, whatever is mapped later? A limit that is reached makes allocations fail.
bool jn_memory_may_lock(const struct rlimit *limit);
