// SPDX-License-Identifier: BSD-3-Clause
// A made-up host for a case: files of its /sys, /proc and /dev, one after the other, and what the process may do there.
#pragma once

#include <fcntl.h>

#include "fake_host.h"
#include "host/host.h"
#include "privilege.h"

// A file: PATH=TEXT. A symbolic link: PATH>TARGET. A directory: PATH/.
#define HOST_FILES 24

static inline void
host_parents(const char *path) {
    char parent[PATH_MAX];
    snprintf(parent, sizeof(parent), "%s", path);
    char *slash = strrchr(parent, '/');
    if (slash == NULL || slash == parent)
        return;
    *slash = '\0';
    host_directory(parent);
}

static inline void
host_put(const char *line) {
    char path[PATH_MAX];
    size_t length = strcspn(line, "=>");
    snprintf(path, sizeof(path), "%.*s", (int)length, line);
    host_parents(path);
    if (line[length] == '=')
        host_file(path, line + length + 1);
    else if (line[length] == '>')
        host_link(path, line + length + 1);
    else
        host_directory(path);
}

// The first device that eth1, and its other name, mean.
static inline unsigned int
host_index_of(const char *interface) {
    return strcmp(interface, "eth1") == 0 || strcmp(interface, "enp3s0f0") == 0 ? 7 : 0;
}

// As root with two CPUs, unless the case says otherwise.
static inline struct jn_host
host_usual(void) {
    struct jn_host fake = {.root = host,
                           .capabilities = UINT64_MAX,
                           .lockable = UINT64_MAX,
                           .sees_physical = true,
                           .index_of = host_index_of};
    CPU_SET(0, &fake.cores);
    CPU_SET(1, &fake.cores);
    return fake;
}

static inline void
expect_sentence(const char *what, const char *wanted, int rc, const char *found) {
    if ((wanted == NULL) != (rc == 0) || (wanted != NULL && strcmp(wanted, found) != 0))
        fail_msg("%s:\nexpected %s\nfound    %s", what, wanted != NULL ? wanted : "nothing",
                 rc != 0 ? found : "nothing");
}
