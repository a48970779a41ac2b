// SPDX-License-Identifier: BSD-3-Clause
#include "host/host_holder.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/host_file.h"

static bool
has_open(const char *root, pid_t pid, const char *path) {
    char directory[PATH_MAX], target[PATH_MAX];
    bool found = false;
    snprintf(directory, sizeof(directory), "%s/proc/%d/fd", root, pid);
    DIR *files = opendir(directory);
    if (files == NULL)
        return false;
    for (const struct dirent *entry; !found && (entry = readdir(files)) != NULL;) {
        ssize_t length = readlinkat(dirfd(files), entry->d_name, target, sizeof(target) - 1);
        target[length > 0 ? length : 0] = '\0';
        found = strcmp(target, path) == 0;
    }
    closedir(files);
    return found;
}

pid_t
jn_host_holder(const struct jn_host *host, const char *path, char *text, size_t size) {
    char directory[PATH_MAX], name[64];
    pid_t holder = 0;
    snprintf(directory, sizeof(directory), "%s/proc", host->root);
    DIR *processes = opendir(directory);
    text[0] = '\0';
    if (processes == NULL)
        return 0;
    for (const struct dirent *entry; holder == 0 && (entry = readdir(processes)) != NULL;) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid <= 0 || pid == getpid() || !has_open(host->root, pid, path))
            continue;
        holder = pid;
        jn_host_line(host, name, sizeof(name), "/proc/%d/comm", pid);
        snprintf(text, size, "%.40s (process %d)", name, pid);
    }
    closedir(processes);
    return holder;
}
