// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "nic_ssh.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nic_route.h"

enum { SOCKETS_MAX = 256, ESTABLISHED = 1 };

struct address {
    int family;
    union {
        struct in_addr v4;
        struct in6_addr v6;
    };
};

static bool
is_same(const struct address *address, const struct sockaddr *socket) {
    if (socket == NULL || socket->sa_family != address->family)
        return false;
    if (address->family == AF_INET)
        return memcmp(&((const struct sockaddr_in *)(const void *)socket)->sin_addr, &address->v4, 4) == 0;
    return memcmp(&((const struct sockaddr_in6 *)(const void *)socket)->sin6_addr, &address->v6, 16) == 0;
}

// An IPv4 client of an IPv6 socket.
static void
unmap(struct address *address) {
    if (address->family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&address->v6))
        return;
    struct in_addr v4;
    memcpy(&v4, &address->v6.s6_addr[12], sizeof(v4));
    *address = (struct address){.family = AF_INET, .v4 = v4};
}

// By the interface that has its local address, and by the one on the way back: they may be two.
static void
add_connection(struct nic_uses *uses, struct address *local, struct address *peer) {
    struct ifaddrs *interfaces = NULL;
    char name[IF_NAMESIZE];
    unmap(local);
    unmap(peer);
    if (getifaddrs(&interfaces) < 0)
        uses->complete = false;
    for (const struct ifaddrs *i = interfaces; i != NULL; i = i->ifa_next)
        if (is_same(local, i->ifa_addr))
            nic_uses_add(uses, i->ifa_name, NIC_USE_SSH);
    freeifaddrs(interfaces);
    unsigned int index = nic_route_to(peer->family, &peer->v4, &local->v4);
    if (index != 0 && if_indextoname(index, name) != NULL)
        nic_uses_add(uses, name, NIC_USE_SSH);
}

static bool
read_address(char *text, struct address *address) {
    text[strcspn(text, "%")] = '\0'; // fe80::1%eth0
    address->family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
    return inet_pton(address->family, text, &address->v4) == 1;
}

// "CLIENT PORT SERVER PORT", as the SSH server sets it.
static void
add_own(struct nic_uses *uses) {
    const char *words = getenv("SSH_CONNECTION");
    char client[64], server[64];
    struct address local, peer;
    if (words != NULL && sscanf(words, "%63s %*s %63s", client, server) == 2 && read_address(client, &peer) &&
        read_address(server, &local))
        add_connection(uses, &local, &peer);
}

static bool
is_server(const char *pid) {
    static const char *const names[] = {"sshd", "sshd-session", "sshd-auth", "dropbear", "tinysshd"};
    char path[64], name[32] = "";
    snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    bool read = fgets(name, sizeof(name), file) != NULL;
    fclose(file);
    name[strcspn(name, "\n")] = '\0';
    for (size_t i = 0; read && i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

struct sockets {
    uint64_t inode[SOCKETS_MAX];
    size_t count;
    bool complete;
};

static void
add_sockets(struct sockets *sockets, const char *pid) {
    char path[64], target[64];
    snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
    DIR *directory = opendir(path);
    if (directory == NULL) {
        sockets->complete = false;
        return;
    }
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        uint64_t inode;
        ssize_t length = readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);
        target[length > 0 ? length : 0] = '\0';
        if (sscanf(target, "socket:[%" SCNu64 "]", &inode) != 1)
            continue;
        if (sockets->count < SOCKETS_MAX)
            sockets->inode[sockets->count++] = inode;
        else
            sockets->complete = false;
    }
    closedir(directory);
}

static void
find_sockets(struct sockets *sockets) {
    DIR *processes = opendir("/proc");
    *sockets = (struct sockets){.complete = processes != NULL};
    for (struct dirent *entry; processes != NULL && (entry = readdir(processes)) != NULL;)
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && is_server(entry->d_name))
            add_sockets(sockets, entry->d_name);
    if (processes != NULL)
        closedir(processes);
}

// An address of /proc/net/tcp or tcp6: words of 32 bits, each in the host's byte order.
static bool
read_hex(const char *text, struct address *address) {
    size_t words = strlen(text) / 8;
    *address = (struct address){.family = words == 1 ? AF_INET : AF_INET6};
    for (size_t i = 0; i < words && i < 4; i++)
        if (sscanf(text + 8 * i, "%8" SCNx32, &address->v6.s6_addr32[i]) != 1)
            return false;
    return words == 1 || words == 4;
}

static void
add_connections(struct nic_uses *uses, const struct sockets *sockets, const char *path) {
    char line[512], from[64], to[64];
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        struct address local, peer;
        unsigned int state;
        uint64_t inode;
        if (sscanf(line, " %*u: %63[0-9A-Fa-f]:%*x %63[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*u %" SCNu64, from, to,
                   &state, &inode) != 4 ||
            state != ESTABLISHED)
            continue;
        for (size_t i = 0; i < sockets->count; i++) {
            if (sockets->inode[i] == inode && read_hex(from, &local) && read_hex(to, &peer)) {
                add_connection(uses, &local, &peer);
                break;
            }
        }
    }
    if (file != NULL)
        fclose(file);
}

void
nic_ssh_sessions(struct nic_uses *uses) {
    struct sockets sockets;
    add_own(uses);
    find_sockets(&sockets);
    add_connections(uses, &sockets, "/proc/net/tcp");
    add_connections(uses, &sockets, "/proc/net/tcp6");
    if (!sockets.complete)
        uses->complete = false;
}
