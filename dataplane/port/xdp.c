// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "port/xdp.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "port/xdp_program.h"
#include "writer.h"

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

int
jn_xdp_arguments(const char *device, bool shared, char *out, size_t size, char err[JN_ERR_MAX]) {
    char interface[IF_NAMESIZE], path[64], reason[JN_ERR_MAX];
    int n = snprintf(out, size, "%s", device);
    if (!jn_xdp_interface(device, interface, sizeof(interface)) || strstr(device, "xdp_prog=") != NULL)
        return n < (int)size ? 0 : -E2BIG;
    if (jn_xdp_program_path(shared, path, sizeof(path), reason) < 0) {
        snprintf(err, JN_ERR_MAX, "%s: %.350s", device, reason);
        return -ENOENT;
    }
    n = snprintf(out, size, "%s,xdp_prog=%s", device, path);
    return n < (int)size ? 0 : -E2BIG;
}

// By network namespace and index: two instances may see interfaces of one name.
static bool
claim_name(const char *interface, char *name, size_t size) {
    struct stat st;
    if (stat("/proc/self/ns/net", &st) != 0)
        return false;
    snprintf(name, size, "xdp-%lu-%u", (unsigned long)st.st_ino, if_nametoindex(interface));
    return true;
}

int
jn_xdp_lock(const char *interface, char err[JN_ERR_MAX]) {
    char name[64], directory[JN_PATH_MAX];
    if (!claim_name(interface, name, sizeof(name))) {
        snprintf(err, JN_ERR_MAX, "interface %s: its network namespace is not known: /proc is not there", interface);
        return -ENOENT;
    }
    int at = jn_claims_open(directory, err);
    if (at < 0)
        return at;
    int lock = jn_lock_take(at, name, JN_WRITER_DATAPLANE, directory, err);
    close(at);
    if (lock == -EBUSY)
        snprintf(err, JN_ERR_MAX, "interface %s is in use by another junction-dataplane", interface);
    return lock;
}

void
jn_xdp_release(int lock) {
    char link[64], path[JN_PATH_MAX + 64], directory[JN_PATH_MAX], err[JN_ERR_MAX];
    if (lock < 0)
        return;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", lock);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    path[length > 0 ? length : 0] = '\0';
    const char *name = strrchr(path, '/');
    int at = jn_claims_open(directory, err);
    if (at >= 0 && name != NULL)
        unlinkat(at, name + 1, 0);
    if (at >= 0)
        close(at);
    close(lock);
}

static bool
ask_interface(const char *interface, unsigned long what, struct ifreq *request) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(request->ifr_name, sizeof(request->ifr_name), "%s", interface);
    bool answered = fd >= 0 && ioctl(fd, what, request) == 0;
    if (fd >= 0)
        close(fd);
    return answered;
}

unsigned int
jn_xdp_queues(const char *interface) {
    struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
    struct ifreq request = {.ifr_data = (void *)&channels};
    bool known = ask_interface(interface, SIOCETHTOOL, &request);
    unsigned int queues = known ? channels.combined_count + channels.rx_count : 1;
    return queues != 0 ? queues : 1;
}

uint16_t
jn_xdp_mtu(const char *interface) {
    struct ifreq request = {0};
    int mtu = ask_interface(interface, SIOCGIFMTU, &request) ? request.ifr_mtu : 0;
    return mtu > 0 && mtu <= UINT16_MAX ? (uint16_t)mtu : 0;
}

int
jn_xdp_set_mtu(const char *interface, uint16_t mtu) {
    struct ifreq request = {.ifr_mtu = mtu};
    return ask_interface(interface, SIOCSIFMTU, &request) ? 0 : -errno;
}

static void
name_of(__u32 id, char *name, size_t size) {
    struct bpf_prog_info info = {0};
    __u32 length = sizeof(info);
    int fd = jn_xdp_program_by_id(id);
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
        snprintf(err, JN_ERR_MAX, "interface %s has an XDP program of another's, %s (id %u): detach it first",
                 interface, name, id);
        return -EBUSY;
    }
    jn_log(JN_LOG_INFO, "interface %s: detaching the XDP program that an earlier process left", interface);
    return bpf_xdp_detach(index, 0, NULL);
}

bool
jn_xdp_is_up(const char *interface) {
    struct ifreq request = {0};
    return ask_interface(interface, SIOCGIFFLAGS, &request) && (request.ifr_flags & IFF_UP) &&
           (request.ifr_flags & IFF_RUNNING);
}

bool
jn_xdp_has_carrier(const char *interface) {
    struct ethtool_value carrier = {.cmd = ETHTOOL_GLINK};
    struct ifreq request = {.ifr_data = (void *)&carrier};
    return ask_interface(interface, SIOCETHTOOL, &request) && carrier.data != 0;
}

bool
jn_xdp_is_enabled(const char *interface) {
    struct ifreq request = {0};
    return ask_interface(interface, SIOCGIFFLAGS, &request) && (request.ifr_flags & IFF_UP);
}

int
jn_xdp_enable(const char *interface, bool up) {
    struct ifreq request = {0};
    if (!ask_interface(interface, SIOCGIFFLAGS, &request))
        return -ENODEV;
    request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
    return ask_interface(interface, SIOCSIFFLAGS, &request) ? 0 : -errno;
}
