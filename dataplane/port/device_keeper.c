// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "port/device_keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device_name.h"
#include "log.h"
#include "port/device_give.h"
#include "privilege.h"
#include "sandbox.h"
#include "users.h"

struct request {
    uint32_t port_idx;
    uint32_t bind;
};

static int keeper = -1; // the main thread's end

static void
work(int fd, const struct jn_nic devices[JN_MAX_PORTS], uid_t owner) {
    static const struct jn_sandbox_list chown_calls = {"fchownat", NULL, 0};
    static const struct jn_sandbox_list *const lists[] = {&jn_sandbox_common, &chown_calls};
    char err[JN_ERR_MAX];
    struct request request;
    signal(SIGTERM, SIG_IGN); // it ends when the other end is closed
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_NAME, "junction-keeper");
    if (jn_privilege_limit(JN_CAPABILITY(CAP_CHOWN), err) < 0 ||
        jn_sandbox_enter(JN_SANDBOX_KILL, lists, 2, NULL, err) < 0) {
        jn_log(JN_LOG_ERROR, "the keeper of PCI devices: %s", err);
        _exit(1);
    }
    while (read(fd, &request, sizeof(request)) == sizeof(request)) {
        int32_t rc = -EINVAL;
        if (request.port_idx < JN_MAX_PORTS && devices[request.port_idx].address[0] != '\0')
            rc = jn_kept_device_give("", &devices[request.port_idx], request.bind != 0, owner);
        if (write(fd, &rc, sizeof(rc)) != sizeof(rc))
            break;
    }
    _exit(0);
}

// Those that can be given to who is not root.
static unsigned int
note_devices(const struct jn_options *options, struct jn_nic devices[JN_MAX_PORTS]) {
    char address[JN_PCI_ADDRESS_MAX];
    unsigned int count = 0;
    for (unsigned int i = 0; i < options->port_count; i++) {
        if (!jn_device_pci(options->ports[i].device, address))
            continue;
        if (jn_nic_look("", address, &devices[i]) && jn_nic_returns(&devices[i]))
            count++;
        else
            devices[i].address[0] = '\0';
    }
    return count;
}

int
jn_device_keeper_start(const struct jn_options *options, char err[JN_ERR_MAX]) {
    static struct jn_nic devices[JN_MAX_PORTS];
    int ends[2];
    if (geteuid() != 0 || note_devices(options, devices) == 0)
        return 0;
    uid_t owner = jn_writer_uid(JN_WRITER_DATAPLANE);
    pid_t pid = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0 ? fork() : -1;
    if (pid < 0) {
        snprintf(err, JN_ERR_MAX, "the keeper of PCI devices cannot be started: %s", strerror(errno));
        return -EAGAIN;
    }
    if (pid == 0) {
        jn_keeper_close_others(ends[1]);
        work(ends[1], devices, owner);
    }
    close(ends[1]);
    keeper = ends[0];
    return 0;
}

int
jn_device_keeper_give(unsigned int port_idx, bool bind) {
    const struct request request = {port_idx, bind};
    int32_t rc;
    if (keeper < 0)
        return -ENOENT;
    if (write(keeper, &request, sizeof(request)) == sizeof(request) && read(keeper, &rc, sizeof(rc)) == sizeof(rc))
        return rc;
    close(keeper); // it is gone, and nobody starts it again
    keeper = -1;
    return -ENOENT;
}
