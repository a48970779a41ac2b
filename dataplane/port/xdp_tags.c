// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "port/xdp_tags.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "port/xdp_program.h"

#ifndef BPF_F_XDP_DEV_BOUND_ONLY
#define BPF_F_XDP_DEV_BOUND_ONLY (1U << 6)
#endif

enum { MAPS = 8 };

// The program that is attached: ours, and with maps.
struct attached {
    int program;
    __u32 map_ids[MAPS], map_count;
};

// What the kernel says of a program that it does not take: no error, but why.
static int
print_for_debug(enum libbpf_print_level level, const char *format, va_list arguments) {
    if (level <= LIBBPF_INFO && jn_log_get_level() == JN_LOG_DEBUG)
        vfprintf(stderr, format, arguments);
    return 0;
}

static bool
find_attached(int index, struct attached *found) {
    struct bpf_prog_info info = {.map_ids = (__u64)(uintptr_t)found->map_ids, .nr_map_ids = MAPS};
    __u32 id = 0, length = sizeof(info);
    if (bpf_xdp_query_id(index, 0, &id) < 0 || id == 0 || (found->program = jn_xdp_program_by_id(id)) < 0)
        return false;
    bool ours = bpf_obj_get_info_by_fd(found->program, &info, &length) == 0 &&
                strncmp(info.name, "junction_", strlen("junction_")) == 0;
    found->map_count = info.nr_map_ids < MAPS ? info.nr_map_ids : MAPS;
    if (!ours)
        close(found->program);
    return ours;
}

static int
open_map(const struct attached *attached, const char *name) {
    for (__u32 i = 0; i < attached->map_count; i++) {
        struct bpf_map_info info = {0};
        __u32 length = sizeof(info);
        int fd = jn_xdp_map_by_id(attached->map_ids[i]);
        if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &length) == 0 && strcmp(info.name, name) == 0)
            return fd;
        if (fd >= 0)
            close(fd);
    }
    return -1;
}

// The object's program, for this device alone.
static struct bpf_program *
prepare(struct bpf_object *object, int index, const struct attached *attached) {
    struct bpf_program *program = bpf_object__next_program(object, NULL);
    struct bpf_map *map;
    bpf_object__for_each_map(map, object) {
        int fd = open_map(attached, bpf_map__name(map));
        if (fd < 0)
            continue;
        bpf_map__reuse_fd(map, fd); // keeps a descriptor of its own
        close(fd);
    }
    if (program == NULL || bpf_program__set_flags(program, BPF_F_XDP_DEV_BOUND_ONLY) != 0)
        return NULL;
    bpf_program__set_ifindex(program, (__u32)index);
    return program;
}

static int
replace(int index, const char *path, const struct attached *attached) {
    LIBBPF_OPTS(bpf_xdp_attach_opts, options, .old_prog_fd = attached->program);
    int kept = -1;
    struct bpf_object *object = bpf_object__open_file(path, NULL);
    struct bpf_program *program = object != NULL ? prepare(object, index, attached) : NULL;
    if (program != NULL && bpf_object__load(object) == 0 &&
        bpf_xdp_attach(index, bpf_program__fd(program), XDP_FLAGS_DRV_MODE | XDP_FLAGS_REPLACE, &options) == 0)
        kept = fcntl(bpf_program__fd(program), F_DUPFD_CLOEXEC, 0);
    bpf_object__close(object);
    return kept;
}

static void
let_serve(const struct attached *attached) {
    __u32 key = 0, yes = 1;
    int map = open_map(attached, "serves");
    if (map < 0)
        return;
    bpf_map_update_elem(map, &key, &yes, BPF_ANY);
    close(map);
}

int
jn_xdp_serve(const char *interface, bool shared, bool *tags) {
    struct attached attached = {.program = -1};
    char path[64], err[JN_ERR_MAX];
    int index = (int)if_nametoindex(interface), kept = -1;
    *tags = false;
    if (!find_attached(index, &attached))
        return -1;
    libbpf_print_fn_t print = libbpf_set_print(print_for_debug);
    if (jn_xdp_program_path(shared, true, path, sizeof(path), err) == 0)
        kept = replace(index, path, &attached);
    libbpf_set_print(print);
    *tags = kept >= 0;
    if (kept < 0)
        let_serve(&attached);
    close(attached.program);
    return kept;
}
