// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_link.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "log.h"
#include "port/port_error.h"
#include "port/xdp.h"

// What the claim on an interface says while we have it down: who comes after a killed process reads it.
static const char taken_down[] = "taken down\n";

static bool
is_interface(const struct jn_port *port) {
    return port->interface[0] != '\0';
}

bool
jn_port_has_link(const struct jn_port *port) {
    struct rte_eth_link link;
    if (port->link_passed)
        return false;
    if (is_interface(port)) // the AF_XDP driver does not follow its interface
        return jn_xdp_is_up(port->interface);
    return rte_eth_link_get_nowait(port->ethdev, &link) == 0 && link.link_status;
}

const char *
jn_port_no_link_text(const struct jn_port *port, char *text, size_t size) {
    if (is_interface(port) && !jn_xdp_is_enabled(port->interface))
        snprintf(text, size, "interface %s is down: ip link set %s up", port->interface, port->interface);
    else
        snprintf(text, size, "its cable is not plugged in, or what is at the other end is down");
    return text;
}

int
jn_port_link_check(const struct jn_port *port, char err[JN_ERR_MAX]) {
    int rc = is_interface(port) ? 0 : rte_eth_dev_set_link_up(port->ethdev); // it was told so by its start
    if (rc != -ENOTSUP)
        return 0;
    snprintf(err, JN_ERR_MAX,
             "port %s (%s): its driver cannot take its link down, and link_loss of its wire is pass: set it to keep",
             port->option->name, port->option->device);
    return rc;
}

static void
note(const struct jn_port *port, bool down) {
    int rc = ftruncate(port->lock, 0);
    if (rc == 0 && down && pwrite(port->lock, taken_down, sizeof(taken_down) - 1, 0) < 0)
        rc = -1;
    if (rc < 0)
        jn_log(JN_LOG_WARNING, "interface %s: if Junction is killed while its link is taken down, it stays down: %s",
               port->interface, strerror(errno));
}

void
jn_port_link_restore(const struct jn_port *port) {
    char found[sizeof(taken_down)] = "";
    ssize_t length = pread(port->lock, found, sizeof(found) - 1, 0);
    if (length != sizeof(taken_down) - 1 || strcmp(found, taken_down) != 0)
        return;
    jn_log(JN_LOG_INFO, "interface %s: bringing up what an earlier process has left down", port->interface);
    int rc = jn_xdp_enable(port->interface, true);
    if (rc < 0)
        jn_log(JN_LOG_WARNING, "interface %s cannot be set up: %s", port->interface, strerror(-rc));
    note(port, false);
}

int
jn_port_link_pass(struct jn_port *port, bool up) {
    int rc;
    if (!is_interface(port)) {
        rc = up ? rte_eth_dev_set_link_up(port->ethdev) : rte_eth_dev_set_link_down(port->ethdev);
    } else {
        if (!up)
            note(port, true);
        rc = jn_xdp_enable(port->interface, up);
        if (up || rc < 0)
            note(port, false);
    }
    port->link_passed = !up && rc == 0;
    return rc;
}

void
jn_port_link_keep_down(struct jn_port *port) {
    static struct jn_log_limit limit;
    if (!is_interface(port) || !jn_xdp_is_enabled(port->interface) || jn_xdp_enable(port->interface, false) < 0)
        return;
    jn_log_limited(&limit, 1, JN_LOG_WARNING,
                   "port %s (%s): somebody has set %s up, whose link is taken down: it is down again",
                   port->option->name, port->option->device, port->interface);
}
