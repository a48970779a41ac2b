// SPDX-License-Identifier: BSD-3-Clause
// This host and what the process may do on it, as far as a start depends on them; and what follows for the start. Whoever
// looks at files goes by `root`, so that a test can show another host.
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // cpu_set_t
#endif
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/options.h"

struct jn_host {
    const char *root;      // below which /sys, /proc and /dev are: "" on a host
    cpu_set_t cores;       // that this process may use
    uint64_t capabilities; // JN_CAPABILITY bits that hold for the whole host
    uint64_t lockable;     // bytes of memory that it may lock without CAP_IPC_LOCK; UINT64_MAX: any
    bool sees_physical;    // it is told the physical addresses of its memory
    unsigned int (*index_of)(const char *interface); // if_nametoindex, which knows all names of an interface
};

// What addresses devices are given.
enum jn_iova { JN_IOVA_VIRTUAL, JN_IOVA_PHYSICAL };

struct jn_host_plan {
    enum jn_iova iova;
    char iova_why[JN_WHY_MAX]; // "port network0: uio_pci_generic"
    int iova_port;             // that needs physical addresses, or -1
    bool huge;                 // huge pages, of which there are enough
};

// Fill from this host and process. Main thread, once the limit of locked memory is what it will be.
void jn_host_look(struct jn_host *host);
