// SPDX-License-Identifier: BSD-3-Clause
// Huge pages of this host, of all sizes, and what control groups let this process have of its memory.
#pragma once

#include "host/host.h"

struct jn_host_pages {
    uint64_t usable_mb;     // free, not reserved by others, and within the limits of this process's control groups
    uint64_t total;         // pages that the host has set aside, of any size
    uint64_t default_kb;    // size of those that vm.nr_hugepages counts; 0: the host has none
    uint64_t default_count; // how many of these it has
    char limit[160];        // the control group's file that keeps some from this process; "": none
};

void jn_host_read_pages(const struct jn_host *host, struct jn_host_pages *pages);

// MB of plain memory that this process may have: the host's, or what the tightest control group allows, whose file is then in
// `limit`.
uint64_t jn_host_plain_mb(const struct jn_host *host, char *limit, size_t size);
