// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "nic_route.h"

#include <errno.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_BYTES = 32768, ANSWER_SECONDS = 5, GROUPS_DEEP = 4 };

struct question {
    struct nlmsghdr header;
    union {
        struct rtmsg route;
        struct nhmsg nexthop;
    };
    char attributes[64];
};

// What is done with each message of an answer.
typedef void message_f(const struct nlmsghdr *message, void *context);

static void
add_attribute(struct question *question, unsigned short type, const void *value, size_t size) {
    struct rtattr *attribute = (struct rtattr *)((char *)question + NLMSG_ALIGN(question->header.nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(size);
    memcpy(RTA_DATA(attribute), value, size);
    question->header.nlmsg_len = NLMSG_ALIGN(question->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
}

// One datagram of the answer. Positive: more is to come.
static int
take_answer(const char *bytes, size_t length, bool dump, message_f *take, void *context) {
    const struct nlmsghdr *message = (const struct nlmsghdr *)bytes;
    for (unsigned int left = (unsigned int)length; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
        if (message->nlmsg_type == NLMSG_DONE)
            return 0;
        if (message->nlmsg_type == NLMSG_ERROR)
            return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
        take(message, context);
        if (NLMSG_ALIGN(message->nlmsg_len) > left)
            break;
    }
    return dump ? 1 : 0;
}

static int
ask(const struct question *question, message_f *take, void *context) {
    char bytes[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
    const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    int rc = send(fd, question, question->header.nlmsg_len, 0) < 0 ? -errno : 1;
    while (rc > 0) {
        ssize_t length = recv(fd, bytes, sizeof(bytes), 0);
        rc = length < 0 ? -errno
                        : take_answer(bytes, (size_t)length, question->header.nlmsg_flags & NLM_F_DUMP, take, context);
    }
    close(fd);
    return rc;
}

static void
add_index(struct nic_uses *uses, unsigned int index, unsigned int why) {
    char name[IF_NAMESIZE];
    if (if_indextoname(index, name) != NULL)
        nic_uses_add(uses, name, why);
}

struct nexthop {
    struct nic_uses *uses;
    int deep;
};
static void add_nexthop(struct nic_uses *uses, uint32_t id, int deep);

static void
take_nexthop(const struct nlmsghdr *message, void *context) {
    const struct nexthop *nexthop = context;
    const struct nhmsg *body = NLMSG_DATA(message);
    int left = (int)NLMSG_PAYLOAD(message, sizeof(*body));
    if (message->nlmsg_type != RTM_NEWNEXTHOP)
        return;
    const struct rtattr *first = (const struct rtattr *)((const char *)body + NLMSG_ALIGN(sizeof(*body)));
    for (const struct rtattr *a = first; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        const struct nexthop_grp *member = RTA_DATA(a);
        if (a->rta_type == NHA_OIF)
            add_index(nexthop->uses, *(const uint32_t *)RTA_DATA(a), NIC_USE_DEFAULT_ROUTE);
        for (size_t i = 0; a->rta_type == NHA_GROUP && i < RTA_PAYLOAD(a) / sizeof(*member); i++)
            add_nexthop(nexthop->uses, member[i].id, nexthop->deep + 1);
    }
}

// By the number of a nexthop object, which may be a group of others.
static void
add_nexthop(struct nic_uses *uses, uint32_t id, int deep) {
    struct question question = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct nhmsg)),
                                           .nlmsg_type = RTM_GETNEXTHOP,
                                           .nlmsg_flags = NLM_F_REQUEST}};
    struct nexthop nexthop = {.uses = uses, .deep = deep};
    add_attribute(&question, NHA_ID, &id, sizeof(id));
    if (deep < GROUPS_DEEP && ask(&question, take_nexthop, &nexthop) < 0)
        uses->complete = false;
}

static void
add_paths(struct nic_uses *uses, const struct rtattr *attribute) {
    const struct rtnexthop *path = RTA_DATA(attribute);
    for (int left = (int)RTA_PAYLOAD(attribute); RTNH_OK(path, left);) {
        add_index(uses, (unsigned int)path->rtnh_ifindex, NIC_USE_DEFAULT_ROUTE);
        left -= RTNH_ALIGN(path->rtnh_len);
        path = RTNH_NEXT(path);
    }
}

static bool
is_default(const struct rtmsg *route) {
    // 0.0.0.0/1 and 128.0.0.0/1, or 2000::/3, do what a default route does.
    return route->rtm_type == RTN_UNICAST && route->rtm_dst_len <= (route->rtm_family == AF_INET ? 1 : 3) &&
           !(route->rtm_flags & RTM_F_CLONED);
}

static void
take_default(const struct nlmsghdr *message, void *context) {
    const struct rtmsg *route = NLMSG_DATA(message);
    int left = (int)NLMSG_PAYLOAD(message, sizeof(*route));
    if (message->nlmsg_type != RTM_NEWROUTE || !is_default(route))
        return;
    for (const struct rtattr *a = RTM_RTA(route); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        if (a->rta_type == RTA_OIF)
            add_index(context, *(const uint32_t *)RTA_DATA(a), NIC_USE_DEFAULT_ROUTE);
        else if (a->rta_type == RTA_MULTIPATH)
            add_paths(context, a);
        else if (a->rta_type == RTA_NH_ID)
            add_nexthop(context, *(const uint32_t *)RTA_DATA(a), 0);
    }
}

int
nic_default_routes(struct nic_uses *uses) {
    static const unsigned char families[] = {AF_INET, AF_INET6};
    for (size_t i = 0; i < sizeof(families); i++) {
        struct question question = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
                                               .nlmsg_type = RTM_GETROUTE,
                                               .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
                                    .route = {.rtm_family = families[i]}};
        int rc = ask(&question, take_default, uses);
        if (rc < 0 && rc != -EAFNOSUPPORT && rc != -EOPNOTSUPP)
            return rc;
    }
    return 0;
}

static void
take_way(const struct nlmsghdr *message, void *context) {
    const struct rtmsg *route = NLMSG_DATA(message);
    int left = (int)NLMSG_PAYLOAD(message, sizeof(*route));
    if (message->nlmsg_type != RTM_NEWROUTE)
        return;
    for (const struct rtattr *a = RTM_RTA(route); RTA_OK(a, left); a = RTA_NEXT(a, left))
        if (a->rta_type == RTA_OIF)
            *(unsigned int *)context = *(const uint32_t *)RTA_DATA(a);
}

unsigned int
nic_route_to(int family, const void *peer, const void *local) {
    unsigned int index = 0;
    size_t size = family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
    struct question question = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
                                           .nlmsg_type = RTM_GETROUTE,
                                           .nlmsg_flags = NLM_F_REQUEST},
                                .route = {.rtm_family = (unsigned char)family,
                                          .rtm_dst_len = (unsigned char)(size * 8),
                                          .rtm_src_len = (unsigned char)(size * 8)}};
    add_attribute(&question, RTA_DST, peer, size);
    add_attribute(&question, RTA_SRC, local, size);
    return ask(&question, take_way, &index) == 0 ? index : 0;
}
