// SPDX-License-Identifier: BSD-3-Clause
#include "xdp.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

#define PROGRAM_FILE  "junction-wire.bpf.o"
#define PROGRAM_NAMES "junction_"

bool
jn_xdp_interface(const char *device, char *interface, size_t size) {
    const char *iface = strstr(device, ",iface=");
    if (strncmp(device, "net_af_xdp", strlen("net_af_xdp")) != 0 || iface == NULL)
        return false;
    iface += strlen(",iface=");
    snprintf(interface, size, "%.*s", (int)strcspn(iface, ","), iface);
    return true;
}

// In the build tree the program stands beside the executable's dataplane folder; installed, in the library folder.
static int
find_program(const char *directory, char *path, size_t size) {
    char self[256] = "";
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash = n > 0 ? strrchr(self, '/') : NULL;
    if (slash != NULL)
        *slash = '\0';
    if (directory != NULL) {
        snprintf(path, size, "%s/" PROGRAM_FILE, directory);
        return access(path, R_OK);
    }
    snprintf(path, size, "%s/dataplane/" PROGRAM_FILE, self);
    if (access(path, R_OK) == 0)
        return 0;
    snprintf(path, size, JN_XDP_DIRECTORY "/" PROGRAM_FILE);
    return access(path, R_OK);
}

int
jn_xdp_arguments(const char *device, const char *directory, char *out, size_t size, char err[JN_ERR_MAX]) {
    char interface[IF_NAMESIZE], path[320];
    int n = snprintf(out, size, "%s", device);
    if (!jn_xdp_interface(device, interface, sizeof(interface)) || strstr(device, "xdp_prog=") != NULL)
        return n < (int)size ? 0 : -E2BIG;
    if (find_program(directory, path, sizeof(path)) != 0) {
        snprintf(err, JN_ERR_MAX, "%s: the XDP program %s is not there", device, path);
        return -ENOENT;
    }
    n = snprintf(out, size, "%s,xdp_prog=%s", device, path);
    return n < (int)size ? 0 : -E2BIG;
}

static void
name_of(__u32 id, char *name, size_t size) {
    struct bpf_prog_info info = {0};
    __u32 length = sizeof(info);
    int fd = bpf_prog_get_fd_by_id(id);
    snprintf(name, size, "unknown");
    if (fd < 0)
        return;
    if (bpf_obj_get_info_by_fd(fd, &info, &length) == 0)
        snprintf(name, size, "%s", info.name);
    close(fd);
}

int
jn_xdp_clear(const char *interface, char err[JN_ERR_MAX]) {
    char name[BPF_OBJ_NAME_LEN + 1];
    __u32 id = 0;
    int index = (int)if_nametoindex(interface);
    if (index == 0) {
        snprintf(err, JN_ERR_MAX, "there is no interface %s", interface);
        return -ENODEV;
    }
    if (bpf_xdp_query_id(index, 0, &id) < 0 || id == 0)
        return 0;
    name_of(id, name, sizeof(name));
    if (strncmp(name, PROGRAM_NAMES, strlen(PROGRAM_NAMES)) != 0) {
        snprintf(err, JN_ERR_MAX, "interface %s has an XDP program of another's, %s (id %u): detach it first", interface, name, id);
        return -EBUSY;
    }
    jn_log(JN_LOG_INFO, "interface %s: detaching the XDP program that an earlier process left", interface);
    return bpf_xdp_detach(index, 0, NULL);
}

bool
jn_xdp_link(const char *interface) {
    struct ifreq request = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
    bool up = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) && (request.ifr_flags & IFF_RUNNING);
    if (fd >= 0)
        close(fd);
    return up;
}
