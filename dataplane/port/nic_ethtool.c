// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "port/nic_ethtool.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCKS = JN_NIC_FEATURES_MAX / 32, ANSWER_BYTES = 16384 };

// The kernel's structs end in arrays: these have room for them.
union strings {
    struct ethtool_gstrings head;
    uint8_t bytes[sizeof(struct ethtool_gstrings) + JN_NIC_FEATURES_MAX * ETH_GSTRING_LEN];
};
union read_blocks {
    struct ethtool_gfeatures head;
    uint8_t bytes[sizeof(struct ethtool_gfeatures) + BLOCKS * sizeof(struct ethtool_get_features_block)];
};
union set_blocks {
    struct ethtool_sfeatures head;
    uint8_t bytes[sizeof(struct ethtool_sfeatures) + BLOCKS * sizeof(struct ethtool_set_features_block)];
};

static int
ask(const char *interface, unsigned long what, struct ifreq *request) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    snprintf(request->ifr_name, sizeof(request->ifr_name), "%s", interface);
    int rc = ioctl(fd, what, request) < 0 ? -errno : 0;
    close(fd);
    return rc;
}

// What a request returns above 0 (SFEATURES: that not all was done) is no error.
static int
ethtool(const char *interface, void *command) {
    struct ifreq request = {.ifr_data = command};
    return ask(interface, SIOCETHTOOL, &request);
}

static int
count_features(const char *interface, unsigned int *count) {
    union {
        struct ethtool_sset_info head;
        uint8_t bytes[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
    } info = {.head = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES}};
    int rc = ethtool(interface, &info);
    *count = info.head.sset_mask != 0 ? info.head.data[0] : 0;
    return rc < 0 ? rc : *count == 0 ? -EOPNOTSUPP : 0;
}

int
jn_nic_features_read(const char *interface, struct jn_nic_features *features) {
    union strings names = {.head = {.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES}};
    union read_blocks state = {.head = {.cmd = ETHTOOL_GFEATURES, .size = BLOCKS}};
    features->count = 0;
    unsigned int count;
    int rc = count_features(interface, &count);
    // Of the names the kernel writes as many as there are, whatever room it is told of.
    if (rc == 0 && count > JN_NIC_FEATURES_MAX)
        rc = -E2BIG;
    names.head.len = count;
    if (rc == 0)
        rc = ethtool(interface, &names);
    if (rc == 0)
        rc = ethtool(interface, &state);
    if (rc < 0)
        return rc;
    for (unsigned int i = 0; i < count && i < state.head.size * 32; i++) {
        const struct ethtool_get_features_block *block = &state.head.features[i / 32];
        uint32_t bit = UINT32_C(1) << i % 32;
        struct jn_nic_feature *feature = &features->feature[features->count++];
        memcpy(feature->name, names.head.data + (size_t)i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
        feature->name[JN_NIC_FEATURE_NAME - 1] = '\0';
        feature->wanted = block->requested & bit;
        feature->active = block->active & bit;
        feature->fixed = !(block->available & bit) || (block->never_changed & bit);
    }
    return 0;
}

int
jn_nic_set(const char *interface, const struct jn_nic_features *features, const bool change[JN_NIC_FEATURES_MAX],
           bool on) {
    union set_blocks set = {.head = {.cmd = ETHTOOL_SFEATURES, .size = (features->count + 31) / 32}};
    bool any = false;
    for (unsigned int i = 0; i < features->count; i++) {
        uint32_t bit = change[i] ? UINT32_C(1) << i % 32 : 0;
        set.head.features[i / 32].valid |= bit;
        set.head.features[i / 32].requested |= on ? bit : 0;
        any |= change[i];
    }
    return any ? ethtool(interface, &set) : 0;
}

bool
jn_nic_is_veth(const char *interface) {
    struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
    return ethtool(interface, &info) == 0 && strcmp(info.driver, "veth") == 0;
}

// Ask rtnetlink about one link. Bytes of the answer, or negative.
static ssize_t
ask_link(unsigned int index, void *answer, size_t room) {
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link;
    } request = {.header = {.nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST},
                 .link = {.ifi_index = (int)index}};
    const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0)
        return -1;
    ssize_t length = sendto(fd, &request, sizeof(request), 0, (const struct sockaddr *)&kernel, sizeof(kernel));
    if (length >= 0)
        length = recv(fd, answer, room, 0);
    close(fd);
    return length;
}

// The link at the other end, 0 when it is in another namespace.
static unsigned int
other_end(unsigned int index) {
    static uint8_t answer[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
    ssize_t length = ask_link(index, answer, sizeof(answer));
    const struct nlmsghdr *header = (const void *)answer;
    if (length < 0 || !NLMSG_OK(header, (size_t)length) || header->nlmsg_type != RTM_NEWLINK)
        return 0;
    const struct ifinfomsg *link = NLMSG_DATA(header);
    uint32_t other = 0;
    int left = (int)IFLA_PAYLOAD(header);
    for (const struct rtattr *each = IFLA_RTA(link); RTA_OK(each, left); each = RTA_NEXT(each, left)) {
        if (each->rta_type == IFLA_LINK_NETNSID)
            return 0;
        if (each->rta_type == IFLA_LINK && RTA_PAYLOAD(each) == sizeof(other))
            memcpy(&other, RTA_DATA(each), sizeof(other));
    }
    return other;
}

bool
jn_nic_peer(const char *interface, char *peer, size_t size) {
    char name[IF_NAMESIZE];
    unsigned int index = if_nametoindex(interface);
    if (index == 0 || !jn_nic_is_veth(interface) || (index = other_end(index)) == 0 ||
        if_indextoname(index, name) == NULL)
        return false;
    snprintf(peer, size, "%s", name);
    return true;
}

bool
jn_nic_mac(const char *interface, uint8_t mac[6]) {
    struct ifreq request = {0};
    if (ask(interface, SIOCGIFHWADDR, &request) < 0)
        return false;
    memcpy(mac, request.ifr_hwaddr.sa_data, 6);
    return true;
}
