// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "port/xdp_program.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// By index_of.
static const char *const names[] = {"junction-wire.bpf.o", "junction-tunnel.bpf.o", "junction-wire-tags.bpf.o",
                                    "junction-tunnel-tags.bpf.o"};

static struct {
    int fd;
    char path[320]; // for sentences
} files[4] = {{.fd = -1}, {.fd = -1}, {.fd = -1}, {.fd = -1}};

static unsigned int
index_of(bool shared, bool tags) {
    return (unsigned int)shared + 2u * (unsigned int)tags;
}

// In the build tree the program stands beside the executable's dataplane folder; installed, in the library folder.
static void
open_file(const char *directory, unsigned int i) {
    char self[256] = "";
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash = n > 0 ? strrchr(self, '/') : NULL;
    if (slash != NULL)
        *slash = '\0';
    if (directory != NULL)
        snprintf(files[i].path, sizeof(files[i].path), "%s/%s", directory, names[i]);
    else
        snprintf(files[i].path, sizeof(files[i].path), "%s/dataplane/%s", self, names[i]);
    files[i].fd = open(files[i].path, O_RDONLY | O_CLOEXEC);
    if (files[i].fd >= 0 || directory != NULL)
        return;
    snprintf(files[i].path, sizeof(files[i].path), JN_XDP_DIRECTORY "/%s", names[i]);
    files[i].fd = open(files[i].path, O_RDONLY | O_CLOEXEC);
}

void
jn_xdp_programs_open(const char *directory) {
    for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        open_file(directory, i);
}

int
jn_xdp_program_path(bool shared, bool tags, char *path, size_t size, char err[JN_ERR_MAX]) {
    unsigned int i = index_of(shared, tags);
    if (files[i].fd < 0) {
        snprintf(err, JN_ERR_MAX, "the XDP program %s is not there", files[i].path);
        return -ENOENT;
    }
    snprintf(path, size, "/proc/self/fd/%d", files[i].fd);
    return 0;
}

static bool
has_id(int fd, bool map, uint32_t id) {
    struct bpf_prog_info program = {0};
    struct bpf_map_info table = {0};
    __u32 length = map ? sizeof(table) : sizeof(program);
    int rc = bpf_obj_get_info_by_fd(fd, map ? (void *)&table : (void *)&program, &length);
    return rc == 0 && (map ? table.id : program.id) == id;
}

// Among what this process has open.
static int
own_by_id(bool map, uint32_t id) {
    const char *wanted = map ? "anon_inode:bpf-map" : "anon_inode:bpf-prog";
    DIR *open_files = opendir("/proc/self/fd");
    int found = -1;
    if (open_files == NULL)
        return -1;
    for (const struct dirent *entry; found < 0 && (entry = readdir(open_files)) != NULL;) {
        char link[64] = "";
        int fd = (int)strtol(entry->d_name, NULL, 10);
        if (entry->d_name[0] != '.' && readlinkat(dirfd(open_files), entry->d_name, link, sizeof(link) - 1) > 0 &&
            strcmp(link, wanted) == 0 && has_id(fd, map, id))
            found = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    }
    closedir(open_files);
    return found;
}

int
jn_xdp_program_by_id(uint32_t id) {
    int fd = own_by_id(false, id);
    return fd >= 0 ? fd : bpf_prog_get_fd_by_id(id);
}

int
jn_xdp_map_by_id(uint32_t id) {
    return own_by_id(true, id);
}
