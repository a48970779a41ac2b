// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_take_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "core/options.h"
#include "port/vf_trust.h"

// A virtio device without a control queue for it passes everything (VIRTIO 1.2, 5.1.6.5.1).
static bool
takes_all_anyway(const struct jn_port *port, int rc) {
    struct rte_eth_dev_info info;
    return rc == -ENOTSUP && rte_eth_dev_info_get(port->ethdev, &info) == 0 && info.driver_name != NULL &&
           strncmp(info.driver_name, "net_virtio", strlen("net_virtio")) == 0;
}

// Its own driver may have said yes: that of its card decides.
static int
check_function(const struct jn_port *port, char err[JN_ERR_MAX]) {
    struct jn_vf vf;
    if (port->pci[0] == '\0' || !jn_vf_find(JN_SYSFS, port->pci, &vf))
        return 0;
    struct jn_vf_rights rights = jn_vf_rights(&vf);
    if (!rights.distrusted && !rights.confined)
        return 0;
    snprintf(
        err, JN_ERR_MAX,
        "port %s (%s): a wire needs frames that are for others and from others, and virtual function %u of %s is %s: "
        "ip link set %s vf %u trust on spoofchk off",
        port->option->name, port->option->device, vf.number, vf.card,
        rights.distrusted ? "not trusted with them" : "checked for its own source address", vf.card, vf.number);
    return -EPERM;
}

int
jn_port_take_all(const struct jn_port *port, bool wired, char err[JN_ERR_MAX]) {
    int rc = rte_eth_promiscuous_enable(port->ethdev);
    rte_eth_allmulticast_enable(port->ethdev); // promiscuous ports take groups, too; others may need it
    if (!wired)
        return 0;
    if (rte_eth_promiscuous_get(port->ethdev) == 1 || takes_all_anyway(port, rc))
        return check_function(port, err);
    rc = rc < 0 ? rc : -EPERM;
    snprintf(
        err, JN_ERR_MAX,
        "port %s (%s): it takes frames for its own address alone (promiscuous mode: %s), and a wire needs all. A "
        "virtual function must be trusted, by the host that has the card: ip link set INTERFACE vf NUMBER trust on "
        "spoofchk off",
        port->option->name, port->option->device, strerror(-rc));
    return rc;
}
