// SPDX-License-Identifier: BSD-3-Clause
#include "control_confine.h"

#include "privilege.h"
#include "sandbox.h"
#include "users.h"

// Clients of the socket that listens already, and libevent's waiting for them.
static const struct jn_sandbox_list serving = {"accept accept4 sendto sendmsg recvfrom recvmsg getsockopt setsockopt "
                                               "shutdown ioctl epoll_create1 epoll_ctl epoll_wait "
                                               "epoll_pwait epoll_pwait2",
                                               NULL, 0};

int
control_confine_user(char err[JN_ERR_MAX]) {
    return jn_privilege_change_user(jn_writer_user(JN_WRITER_CONTROL), 0, err);
}

int
control_confine_calls(char err[JN_ERR_MAX]) {
    const struct jn_sandbox_list *const lists[] = {&jn_sandbox_common, &serving};
    int rc = jn_privilege_limit(0, err);
    return rc < 0 ? rc : jn_sandbox_enter(JN_SANDBOX_KILL, lists, 2, NULL, err);
}
