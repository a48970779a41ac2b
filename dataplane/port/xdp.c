// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "port/xdp.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/claim_note.h"
#include "host/claim.h"
#include "log.h"
#include "port/nic_features.h"
#include "port/xdp_program.h"
#include "writer.h"

#define PROGRAM_NAMES "junction_"

enum { LOCK_TRIES = 3, LOCK_PAUSE_NS = 5000000 };

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
    if (jn_xdp_program_path(shared, false, path, sizeof(path), reason) < 0) {
        snprintf(err, JN_ERR_MAX, "%s: %.350s", device, reason);
        return -ENOENT;
    }
    n = snprintf(out, size, "%s,xdp_prog=%s", device, path);
    return n < (int)size ? 0 : -E2BIG;
}

// By network namespace and index: two instances may see interfaces of one name. What claims of this namespace begin with.
static bool
claim_prefix(char *prefix, size_t size) {
    struct stat st;
    if (stat("/proc/self/ns/net", &st) != 0)
        return false;
    snprintf(prefix, size, "xdp-%lu-", (unsigned long)st.st_ino);
    return true;
}

static bool
claim_name(const char *interface, char *name, size_t size) {
    char prefix[48];
    if (!claim_prefix(prefix, sizeof(prefix)))
        return false;
    snprintf(name, size, "%s%u", prefix, if_nametoindex(interface));
    return true;
}

int
jn_xdp_lock(const char *interface, char err[JN_ERR_MAX]) {
    char name[64];
    if (!claim_name(interface, name, sizeof(name))) {
        snprintf(err, JN_ERR_MAX, "interface %s: its network namespace is not known: /proc is not there", interface);
        return -ENOENT;
    }
    int claim = jn_claim_take(name, err);
    for (int i = 0; claim == -EBUSY && i < LOCK_TRIES; i++) { // jn_xdp_tidy may hold it for a moment
        nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_NS}, NULL);
        claim = jn_claim_take(name, err);
    }
    if (claim == -EBUSY)
        snprintf(err, JN_ERR_MAX, "interface %s is in use by another junction-dataplane", interface);
    return claim;
}

void
jn_xdp_restore(int claim, const char *interface) {
    struct jn_claim_note note;
    int rc = 0;
    jn_claim_note_read(claim, &note);
    if (note.down) {
        jn_log(JN_LOG_INFO, "interface %s: bringing up what an earlier process has left down", interface);
        rc = jn_xdp_enable(interface, true);
    }
    if (rc == 0 && note.mtu_set != 0 && jn_xdp_mtu(interface) == note.mtu_set)
        rc = jn_xdp_set_mtu(interface, note.mtu_before);
    if (rc < 0)
        jn_log(JN_LOG_WARNING, "interface %s cannot be given back what an earlier process has changed: %s", interface,
               strerror(-rc));
    jn_claim_note_write(claim, &(struct jn_claim_note){0});
}

// A program that is still attached keeps the wire closed until the killed process's successor comes: its claim stays.
static void
tidy_claim(int at, const char *name, const char *directory) {
    char err[JN_ERR_MAX], interface[IF_NAMESIZE];
    __u32 id = 0;
    int index = (int)strtol(strrchr(name, '-') + 1, NULL, 10);
    int lock = jn_lock_take(at, name, JN_WRITER_DATAPLANE, directory, err);
    if (lock < 0)
        return;
    if (bpf_xdp_query_id(index, 0, &id) < 0 || id == 0) {
        if (if_indextoname((unsigned int)index, interface) != NULL)
            jn_xdp_restore(lock, interface);
        jn_nic_features_give_back(lock, true);
        unlinkat(at, name, 0);
    }
    close(lock);
}

void
jn_xdp_tidy(void) {
    char prefix[48], directory[JN_PATH_MAX], err[JN_ERR_MAX];
    int at = claim_prefix(prefix, sizeof(prefix)) ? jn_claims_open(directory, err) : -1;
    int list = at >= 0 ? openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    DIR *claims = list >= 0 ? fdopendir(list) : NULL;
    if (claims != NULL) {
        for (const struct dirent *entry; (entry = readdir(claims)) != NULL;)
            if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
                tidy_claim(at, entry->d_name, directory);
        closedir(claims);
    }
    if (at >= 0)
        close(at);
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
