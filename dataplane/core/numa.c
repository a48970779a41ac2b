// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "core/numa.h"

#include <linux/mempolicy.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_lcore.h>

enum { NODES = 64 };

static int
node_of_core(const char *directory, unsigned int core) {
    char path[256];
    for (int node = 0; node < NODES; node++) {
        snprintf(path, sizeof(path), "%s/cpu%u/node%d", directory, core, node);
        if (access(path, F_OK) == 0)
            return node;
    }
    return JN_NUMA_ANY;
}

void
jn_numa_find(struct jn_numa *numa, const char *directory, const unsigned int *cores, unsigned int workers) {
    *numa = (struct jn_numa){.workers = workers};
    for (unsigned int i = 0; i < workers; i++)
        numa->worker[i] = node_of_core(directory, cores[i]);
}

int
jn_numa_of_all(const struct jn_numa *numa) {
    for (unsigned int i = 1; i < numa->workers; i++)
        if (numa->worker[i] != numa->worker[0])
            return JN_NUMA_ANY;
    return numa->workers != 0 ? numa->worker[0] : JN_NUMA_ANY;
}

int
jn_numa_of_port(const struct jn_numa *numa, int device) {
    return device >= 0 ? device : jn_numa_of_all(numa);
}

uint32_t
jn_numa_far(const struct jn_numa *numa, int device) {
    uint32_t far = 0;
    for (unsigned int i = 0; i < numa->workers; i++)
        far |= device >= 0 && numa->worker[i] >= 0 && numa->worker[i] != device ? UINT32_C(1) << i : 0;
    return far;
}

static bool
has_nodes(void) {
    return rte_socket_count() > 1;
}

void
jn_numa_prefer(int node) {
    if (!has_nodes())
        return;
    unsigned long mask = node >= 0 && node < NODES ? 1ul << node : 0;
    syscall(SYS_set_mempolicy, mask != 0 ? MPOL_PREFERRED : MPOL_DEFAULT, mask != 0 ? &mask : NULL, NODES + 1);
}

void
jn_numa_place(void *memory, size_t size, size_t page, int node) {
    if (!has_nodes() || node < 0 || node >= NODES)
        return;
    unsigned long mask = 1ul << node;
    uintptr_t first = ((uintptr_t)memory + page - 1) / page * page, end = ((uintptr_t)memory + size) / page * page;
    if (end > first)
        syscall(SYS_mbind, first, end - first, MPOL_PREFERRED, &mask, NODES + 1, MPOL_MF_MOVE);
}
