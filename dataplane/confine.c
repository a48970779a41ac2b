// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "confine.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "port/port_needs.h"
#include "privilege.h"
#include "sandbox.h"
#include "users.h"

enum { SOCKET_TYPE = 0xf };

int
jn_confine_begin(char err[JN_ERR_MAX]) {
    const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_MEMLOCK, &unlimited); // where it may not, CAP_IPC_LOCK serves
    return jn_privilege_begin(err);
}

int
jn_confine_user(const struct jn_options *options, char err[JN_ERR_MAX]) {
    return jn_privilege_change_user(jn_writer_user(JN_WRITER_DATAPLANE), jn_port_needs_to_open(options), err);
}

// Drivers ask about an interface by ioctl, through a datagram socket of any family. They get one that can reach nobody.
static long
harmless_socket(int call, const long arguments[3]) {
    if (call != SYS_socket || (arguments[1] & SOCKET_TYPE) != SOCK_DGRAM)
        return -EPERM;
    long fd = syscall(SYS_socket, AF_NETLINK, SOCK_RAW | (arguments[1] & ~(long)SOCKET_TYPE), 0);
    return fd < 0 ? -errno : fd;
}

int
jn_confine_calls(const struct jn_options *options, char err[JN_ERR_MAX]) {
    const struct jn_sandbox_list *lists[1 + JN_PORT_CALL_LISTS] = {&jn_sandbox_common};
    size_t count = 1 + jn_port_calls(options, lists + 1);
    int rc = jn_privilege_limit(jn_port_needs_to_run(options), err);
    return rc < 0 ? rc : jn_sandbox_enter(JN_SANDBOX_REFUSE, lists, count, harmless_socket, err);
}
