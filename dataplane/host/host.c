// SPDX-License-Identifier: BSD-3-Clause
#include "host/host.h"

#include <fcntl.h>
#include <net/if.h>
#include <sys/resource.h>
#include <unistd.h>

#include "privilege.h"

// The page of something that is there. Who may not know is told 0.
static bool
sees_physical(void) {
    const uint64_t frame_mask = (UINT64_C(1) << 55) - 1;
    uint64_t entry = 1; // on the stack: its page is there
    off_t at = (off_t)((uintptr_t)&entry / (uintptr_t)sysconf(_SC_PAGESIZE) * sizeof(entry));
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    bool sees = fd >= 0 && pread(fd, &entry, sizeof(entry), at) == sizeof(entry) && (entry & frame_mask) != 0;
    if (fd >= 0)
        close(fd);
    return sees;
}

void
jn_host_look(struct jn_host *host) {
    struct rlimit locked;
    *host = (struct jn_host){.root = "", .lockable = UINT64_MAX, .index_of = if_nametoindex};
    sched_getaffinity(0, sizeof(host->cores), &host->cores);
    host->capabilities = jn_privilege_held();
    if (getrlimit(RLIMIT_MEMLOCK, &locked) == 0 && locked.rlim_cur != RLIM_INFINITY)
        host->lockable = locked.rlim_cur;
    host->sees_physical = sees_physical();
}
