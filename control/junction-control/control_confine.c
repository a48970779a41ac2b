// SPDX-License-Identifier: BSD-3-Clause
#include "control_confine.h"

#include <sys/ioctl.h>

#include "privilege.h"
#include "sandbox.h"
#include "users.h"

// Clients of the socket that listens already, and libevent's waiting for them.
static const char serving_names[] = "accept accept4 sendto sendmsg recvfrom recvmsg getsockopt setsockopt shutdown "
                                    "epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2";
static const struct jn_sandbox_rule serving_rules[] = {
    {"ioctl", 1, UINT32_MAX, FIONREAD}, // and none by which a terminal could be written to
};
static const struct jn_sandbox_list serving = {serving_names, serving_rules,
                                               sizeof(serving_rules) / sizeof(serving_rules[0])};

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
