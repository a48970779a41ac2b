// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "log.h"
#include "port/port_error.h"
#include "port/xdp.h"

static bool
is_interface(const struct jn_port *port) {
    return port->interface[0] != '\0';
}

// Has it had no link so far? Until then its first frames are waited for.
static bool
is_new(const struct jn_port *port) {
    return port->link_ms == UINT32_MAX;
}

bool
jn_port_has_link(const struct jn_port *port) {
    struct rte_eth_link link;
    if (port->link_passed)
        return false;
    if (is_interface(port)) // the AF_XDP driver does not follow its interface
        return jn_xdp_is_up(port->interface) || (is_new(port) && jn_xdp_has_carrier(port->interface));
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

// Noted before it is done: who is killed in between has not left it down without a note.
static int
set_interface(struct jn_port *port, bool up) {
    if (!up) {
        port->note.down = true;
        jn_claim_note_write(port->lock, &port->note);
    }
    int rc = jn_xdp_enable(port->interface, up);
    port->note.down = up ? rc < 0 : rc == 0;
    jn_claim_note_write(port->lock, &port->note);
    return rc;
}

int
jn_port_link_pass(struct jn_port *port, bool up) {
    int rc = is_interface(port) ? set_interface(port, up)
             : up               ? rte_eth_dev_set_link_up(port->ethdev)
                                : rte_eth_dev_set_link_down(port->ethdev);
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
