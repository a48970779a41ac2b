// SPDX-License-Identifier: BSD-3-Clause
// The map of Junction's own addresses in the XDP program of a shared interface. DPDK's driver loaded the program, so its
// map is found by the kernel's number of it.
#include "port/xdp_steer.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "port/xdp_program.h"

enum { KEY = 16, MAPS = 8 };

static int
open_map(const char *interface) {
    struct bpf_prog_info info = {0};
    __u32 id = 0, length = sizeof(info), ids[MAPS] = {0};
    int found = -1, program = -1;
    if (bpf_xdp_query_id((int)if_nametoindex(interface), 0, &id) == 0 && id != 0)
        program = jn_xdp_program_by_id(id);
    info.map_ids = (__u64)(uintptr_t)ids;
    info.nr_map_ids = MAPS;
    if (program >= 0 && bpf_obj_get_info_by_fd(program, &info, &length) == 0)
        for (__u32 i = 0; i < info.nr_map_ids && i < MAPS && found < 0; i++) {
            int fd = jn_xdp_map_by_id(ids[i]);
            struct bpf_map_info map = {0};
            __u32 map_length = sizeof(map);
            if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &map, &map_length) == 0 &&
                strcmp(map.name, "own_addresses") == 0 && map.key_size == KEY)
                found = fd;
            else if (fd >= 0)
                close(fd);
        }
    if (program >= 0)
        close(program);
    return found;
}

static void
make_map_key(const struct jn_underlay_address *address, uint8_t key[KEY]) {
    memset(key, 0, KEY);
    if (address->family == 4)
        memcpy(key + 12, address->address, 4);
    else
        memcpy(key, address->address, KEY);
}

static bool
is_wanted(const uint8_t key[KEY], const struct jn_underlay_address *addresses, uint32_t count, uint16_t port) {
    uint8_t each[KEY];
    for (uint32_t i = 0; i < count; i++) {
        make_map_key(&addresses[i], each);
        if (addresses[i].port == port && memcmp(key, each, KEY) == 0)
            return true;
    }
    return false;
}

static void
remove_others(int map, const struct jn_underlay_address *addresses, uint32_t count, uint16_t port) {
    uint8_t key[KEY], next[KEY];
    const uint8_t *from = NULL;
    while (bpf_map_get_next_key(map, from, next) == 0) {
        if (!is_wanted(next, addresses, count, port)) {
            bpf_map_delete_elem(map, next); // the walk goes on from the key before
            continue;
        }
        memcpy(key, next, KEY);
        from = key;
    }
}

bool
jn_xdp_steer(const char *interface, const struct jn_underlay_address *addresses, uint32_t count, uint16_t port) {
    int map = open_map(interface);
    if (map < 0)
        return false;
    remove_others(map, addresses, count, port);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t key[KEY], yes = 1;
        make_map_key(&addresses[i], key);
        if (addresses[i].port == port)
            bpf_map_update_elem(map, key, &yes, BPF_ANY);
    }
    close(map);
    return true;
}
