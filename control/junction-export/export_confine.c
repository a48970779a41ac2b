// SPDX-License-Identifier: BSD-3-Clause
#include "export_confine.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/netlink.h>

#include "privilege.h"
#include "sandbox.h"
#include "users.h"

// librdkafka and libcurl connect and send; they never listen. The C library binds a netlink socket to sort a server's
// addresses, and so does systemd's nss-myhostname, with the length of any other address; it asks for an interface's name, too.
static const struct jn_sandbox_rule network_rules[] = {
    {"socket", 0, UINT32_MAX, AF_INET},
    {"socket", 0, UINT32_MAX, AF_INET6},
    {"socket", 0, UINT32_MAX, AF_UNIX},
    {"socket", 0, UINT32_MAX, AF_NETLINK},
    {"bind", 2, UINT32_MAX, sizeof(struct sockaddr_nl)},
    {"bind", 2, UINT32_MAX, sizeof(struct sockaddr)},
    {"ioctl", 1, UINT32_MAX, FIONREAD}, // and none by which a terminal could be written to
    {"ioctl", 1, UINT32_MAX, FIONBIO},
    {"ioctl", 1, UINT32_MAX, SIOCGIFNAME},
};
static const char network_names[] =
    "connect getsockopt setsockopt getsockname getpeername sendto sendmsg sendmmsg recvfrom "
    "recvmsg shutdown socketpair";
static const struct jn_sandbox_list network_calls = {network_names, network_rules,
                                                     sizeof(network_rules) / sizeof(network_rules[0])};

int
export_confine_user(char err[JN_ERR_MAX]) {
    return jn_privilege_change_user(jn_writer_user(JN_WRITER_EXPORT), 0, err);
}

int
export_confine_calls(bool network, char err[JN_ERR_MAX]) {
    const struct jn_sandbox_list *const lists[] = {&jn_sandbox_common, &network_calls};
    int rc = jn_privilege_limit(0, err);
    return rc < 0 ? rc : jn_sandbox_enter(JN_SANDBOX_KILL, lists, network ? 2 : 1, NULL, err);
}
