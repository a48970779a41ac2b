// SPDX-License-Identifier: BSD-3-Clause
#include "host/host_holder.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "file_holder.h"

pid_t
jn_host_holder(const struct jn_host *host, const char *path, char *text, size_t size) {
    char proc[PATH_MAX], name[JN_PROCESS_NAME];
    snprintf(proc, sizeof(proc), "%s/proc", host->root);
    pid_t holder = jn_file_holder(proc, getpid(), &path, 1, name);
    text[0] = '\0';
    if (holder != 0)
        snprintf(text, size, "%s (process %d)", name, holder);
    return holder;
}
