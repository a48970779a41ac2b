// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "file_holder.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
has_open(const char *proc, pid_t pid, const char *const *files, size_t count) {
    char path[PATH_MAX], target[PATH_MAX];
    bool found = false;
    snprintf(path, sizeof(path), "%s/%d/fd", proc, pid);
    DIR *open_files = opendir(path);
    if (open_files == NULL)
        return false;
    for (const struct dirent *entry; !found && (entry = readdir(open_files)) != NULL;) {
        ssize_t length = readlinkat(dirfd(open_files), entry->d_name, target, sizeof(target) - 1);
        target[length > 0 ? length : 0] = '\0';
        for (size_t i = 0; i < count; i++)
            found = found || strcmp(target, files[i]) == 0;
    }
    closedir(open_files);
    return found;
}

static void
name_of(const char *proc, pid_t pid, char name[JN_PROCESS_NAME]) {
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%d/comm", proc, pid);
    FILE *file = fopen(path, "re");
    if (file == NULL || fgets(name, JN_PROCESS_NAME, file) == NULL)
        name[0] = '\0';
    if (file != NULL)
        fclose(file);
    name[strcspn(name, "\n")] = '\0';
}

pid_t
jn_file_holder(const char *proc, pid_t beside, const char *const *files, size_t count, char name[JN_PROCESS_NAME]) {
    pid_t holder = 0;
    name[0] = '\0';
    DIR *processes = count > 0 ? opendir(proc) : NULL;
    if (processes == NULL)
        return 0;
    for (const struct dirent *entry; holder == 0 && (entry = readdir(processes)) != NULL;) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && pid != beside && has_open(proc, pid, files, count))
            holder = pid;
    }
    closedir(processes);
    if (holder != 0)
        name_of(proc, holder, name);
    return holder;
}
