// SPDX-License-Identifier: BSD-3-Clause
#include "host/host.h"

#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "host/host_file.h"
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

// Root of a container's own user namespace has capabilities there alone: what the kernel counts on behalf of devices goes by
// those of the host.
static bool
in_namespace(const struct jn_host *host) {
    char line[64];
    unsigned int inside = 0, outside = 0, count = UINT32_MAX;
    if (jn_host_line(host, line, sizeof(line), "/proc/self/uid_map"))
        sscanf(line, "%u %u %u", &inside, &outside, &count);
    return inside != 0 || outside != 0 || count != UINT32_MAX;
}

void
jn_host_look(struct jn_host *host) {
    struct rlimit locked;
    *host = (struct jn_host){.root = "", .lockable = UINT64_MAX, .index_of = if_nametoindex};
    sched_getaffinity(0, sizeof(host->cores), &host->cores);
    host->capabilities = in_namespace(host) ? 0 : jn_privilege_held();
    if (getrlimit(RLIMIT_MEMLOCK, &locked) == 0 && locked.rlim_cur != RLIM_INFINITY)
        host->lockable = locked.rlim_cur;
    host->sees_physical = sees_physical();
}
