// SPDX-License-Identifier: BSD-3-Clause
#include "host/host_nodes.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>

#include "host/host_file.h"

#define NODES "/sys/devices/system/node"

// Free huge pages of all sizes; the smallest size that the node has a directory for in *kb.
static uint64_t
free_on(const struct jn_host *host, unsigned int node, unsigned long *kb) {
    char path[PATH_MAX];
    uint64_t pages = 0;
    unsigned long size = 0;
    snprintf(path, sizeof(path), "%s" NODES "/node%u/hugepages", host->root, node);
    DIR *sizes = opendir(path);
    *kb = 0;
    if (sizes == NULL)
        return 0;
    for (const struct dirent *entry; (entry = readdir(sizes)) != NULL;) {
        if (sscanf(entry->d_name, "hugepages-%lukB", &size) != 1)
            continue;
        pages += jn_host_number(host, 0, NODES "/node%u/hugepages/%s/free_hugepages", node, entry->d_name);
        if (*kb == 0 || size < *kb)
            *kb = size;
    }
    closedir(sizes);
    return pages;
}

bool
jn_host_node_lacks(const struct jn_host *host, unsigned int core, char *sentence, size_t size) {
    cpu_set_t nodes, cpus;
    unsigned long kb;
    if (!jn_host_list(host, &nodes, NODES "/online") || CPU_COUNT(&nodes) < 2)
        return false;
    for (unsigned int node = 0; node < CPU_SETSIZE; node++) {
        if (!CPU_ISSET(node, &nodes) || !jn_host_list(host, &cpus, NODES "/node%u/cpulist", node) ||
            !CPU_ISSET(core, &cpus))
            continue;
        if (free_on(host, node, &kb) != 0 || kb == 0)
            return false;
        snprintf(
            sentence, size,
            "worker core %u: its NUMA node %u has no huge page free, so its memory is another node's and slower: set "
            "pages aside by " NODES "/node%u/hugepages/hugepages-%lukB/nr_hugepages",
            core, node, node, kb);
        return true;
    }
    return false;
}
