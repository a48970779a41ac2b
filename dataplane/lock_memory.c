// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "lock_memory.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "log.h"

enum { STACK_BYTES = 1 << 20 }; // a worker takes a tenth of that

void
jn_memory_bound_stacks(void) {
#ifndef JN_SANITIZED // they need more, and do not lock
    pthread_attr_t attributes;
    if (pthread_getattr_default_np(&attributes) != 0)
        return;
    if (pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0)
        pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
#endif
}

// DPDK reserves addresses by the gigabyte, which count as locked though no memory is behind them: no limit would do.
bool
jn_memory_may_lock(const struct rlimit *limit) {
    return limit->rlim_cur == RLIM_INFINITY;
}

void
jn_memory_lock(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || !jn_memory_may_lock(&limit)) {
        jn_log(JN_LOG_WARNING,
               "memory is not locked, and packets may be late when the host is short of it: the limit is "
               "%lu kB (ulimit -l unlimited, LimitMEMLOCK=infinity)",
               (unsigned long)limit.rlim_cur / 1024);
        return;
    }
    // Two calls: a later mapping, such as a region with room for VPGs that are not there, is not to be filled.
    if (mlockall(MCL_CURRENT) < 0 || mlockall(MCL_FUTURE | MCL_ONFAULT) < 0)
        jn_log(JN_LOG_WARNING, "memory is not locked, and packets may be late when the host is short of it: %s",
               strerror(errno));
}
