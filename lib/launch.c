// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "launch.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

const char *
jn_exit_text(int status, char *out, size_t size) {
    if (WIFSIGNALED(status))
        snprintf(out, size, "was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(out, size, "exited with status %d", WEXITSTATUS(status));
    return out;
}

// Whole seconds from one time to another, 0 when it has passed.
static uint64_t
seconds(uint64_t from_ns, uint64_t to_ns) {
    return to_ns > from_ns ? (to_ns - from_ns) / 1000000000u : 0;
}

const char *
jn_launch_part_text(const struct jn_launch_part *part, uint64_t now_ns, char *out, size_t size) {
    char death[64];
    out[0] = '\0';
    if (part->pid != 0 || part->died_ns == 0)
        return out;
    jn_exit_text(part->status, death, sizeof(death));
    int used = snprintf(out, size, "%s %lu s ago", death, (unsigned long)seconds(part->died_ns, now_ns));
    if (part->deaths > 1 && used > 0 && (size_t)used < size)
        used += snprintf(out + used, size - (size_t)used, ", %u times in a row", part->deaths);
    if (used > 0 && (size_t)used < size)
        snprintf(out + used, size - (size_t)used, "; next start in %lu s",
                 (unsigned long)seconds(now_ns, part->restart_ns));
    return out;
}
