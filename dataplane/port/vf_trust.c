// SPDX-License-Identifier: BSD-3-Clause
#include "port/vf_trust.h"

#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_BYTES = 65536, ANSWER_SECONDS = 1 };

static bool
first_name(const char *path, char *name, size_t size) {
    DIR *folder = opendir(path);
    name[0] = '\0';
    for (const struct dirent *entry; folder != NULL && name[0] == '\0' && (entry = readdir(folder)) != NULL;)
        if (entry->d_name[0] != '.')
            snprintf(name, size, "%.*s", (int)size - 1, entry->d_name);
    if (folder != NULL)
        closedir(folder);
    return name[0] != '\0';
}

bool
jn_vf_find(const char *sysfs, const char *address, struct jn_vf *vf) {
    char path[PATH_MAX], target[PATH_MAX];
    snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/physfn/net", sysfs, address);
    if (!first_name(path, vf->card, sizeof(vf->card)))
        return false;
    for (vf->number = 0;; vf->number++) {
        snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/physfn/virtfn%u", sysfs, address, vf->number);
        ssize_t n = readlink(path, target, sizeof(target) - 1);
        if (n <= 0)
            return false;
        target[n] = '\0';
        if (strcmp(basename(target), address) == 0)
            return true;
    }
}

static void
read_function(struct rtattr *function, uint32_t number, struct jn_vf_rights *rights) {
    int left = (int)RTA_PAYLOAD(function);
    for (struct rtattr *a = RTA_DATA(function); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        struct ifla_vf_trust says; // of one shape with struct ifla_vf_spoofchk; UINT32_MAX: its driver does not tell
        if ((a->rta_type != IFLA_VF_TRUST && a->rta_type != IFLA_VF_SPOOFCHK) || RTA_PAYLOAD(a) < sizeof(says))
            continue;
        memcpy(&says, RTA_DATA(a), sizeof(says));
        if (says.vf == number && a->rta_type == IFLA_VF_TRUST)
            rights->distrusted = says.setting == 0;
        else if (says.vf == number)
            rights->confined = says.setting == 1;
    }
}

struct jn_vf_rights
jn_vf_rights_in(const void *answer, size_t length, uint32_t number) {
    struct jn_vf_rights rights = {false, false};
    int left = (int)length;
    for (struct nlmsghdr *m = (struct nlmsghdr *)(uintptr_t)answer; NLMSG_OK(m, (unsigned int)left);
         m = NLMSG_NEXT(m, left)) {
        if (m->nlmsg_type != RTM_NEWLINK || m->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg)))
            continue;
        int room = (int)IFLA_PAYLOAD(m);
        for (struct rtattr *list = IFLA_RTA(NLMSG_DATA(m)); RTA_OK(list, room); list = RTA_NEXT(list, room)) {
            if ((list->rta_type & NLA_TYPE_MASK) != IFLA_VFINFO_LIST)
                continue;
            int inside = (int)RTA_PAYLOAD(list);
            for (struct rtattr *f = RTA_DATA(list); RTA_OK(f, inside); f = RTA_NEXT(f, inside))
                read_function(f, number, &rights);
        }
    }
    return rights;
}

struct jn_vf_rights
jn_vf_rights(const struct jn_vf *vf) {
    static char answer[ANSWER_BYTES] __attribute__((aligned(8)));
    struct {
        struct nlmsghdr head;
        struct ifinfomsg link;
        struct rtattr attribute;
        uint32_t mask;
    } request = {
        .head = {.nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST},
        .link = {.ifi_index = (int)if_nametoindex(vf->card)},
        .attribute = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = IFLA_EXT_MASK},
        .mask = RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS,
    };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    ssize_t n = -1;
    if (fd >= 0 && request.link.ifi_index != 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = ANSWER_SECONDS}, sizeof(struct timeval));
        if (send(fd, &request, sizeof(request), 0) == sizeof(request))
            n = recv(fd, answer, sizeof(answer), 0);
    }
    if (fd >= 0)
        close(fd);
    return jn_vf_rights_in(answer, n > 0 ? (size_t)n : 0, vf->number);
}
