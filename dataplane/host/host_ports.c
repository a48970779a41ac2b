// SPDX-License-Identifier: BSD-3-Clause
#include "host/host_ports.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "device_name.h"
#include "host/host_nic.h"

static int
port_error(const struct jn_port_option *port, int rc, const char *reason, char err[JN_ERR_MAX]) {
    snprintf(err, JN_ERR_MAX, "port %s: %.*s", port->name, JN_ERR_MAX - JN_NAME_MAX - 8, reason);
    return rc;
}

// The same interface by another of its names.
static bool
shares_index(const struct jn_host *host, const struct jn_port_option *a, const struct jn_port_option *b,
             char taken[JN_DEVICE_TAKEN_MAX]) {
    char of_a[64], of_b[64];
    for (unsigned int i = 0; jn_device_interface(a->device, i, of_a, sizeof(of_a)); i++)
        for (unsigned int j = 0; jn_device_interface(b->device, j, of_b, sizeof(of_b)); j++) {
            unsigned int index = host->index_of(of_a);
            if (index == 0 || index != host->index_of(of_b))
                continue;
            snprintf(taken, JN_DEVICE_TAKEN_MAX, "interface %s, which is %s", of_b, of_a);
            return true;
        }
    return false;
}

static int
check_pairs(const struct jn_host *host, const struct jn_options *options, char err[JN_ERR_MAX]) {
    char taken[JN_DEVICE_TAKEN_MAX], reason[JN_ERR_MAX];
    for (unsigned int i = 1; i < options->port_count; i++)
        for (unsigned int j = 0; j < i; j++) {
            const struct jn_port_option *port = &options->ports[i], *other = &options->ports[j];
            if (!jn_device_shares(other->device, port->device, taken) && !shares_index(host, other, port, taken))
                continue;
            snprintf(reason, sizeof(reason), "port %s has %s already: give each port a device of its own", other->name,
                     taken);
            return port_error(port, -EBUSY, reason, err);
        }
    return 0;
}

// Has another port an interface of the NIC?
static int
check_interfaces(const struct jn_options *options, const struct jn_port_option *port, const struct jn_nic *nic,
                 char err[JN_ERR_MAX]) {
    char interface[64], reason[JN_ERR_MAX];
    for (unsigned int i = 0; i < options->port_count; i++)
        for (unsigned int n = 0; jn_device_interface(options->ports[i].device, n, interface, sizeof(interface)); n++)
            for (unsigned int k = 0; k < nic->interface_count; k++) {
                if (strcmp(nic->interfaces[k], interface) != 0)
                    continue;
                snprintf(reason, sizeof(reason), "%s is the NIC of interface %s, which port %s has already",
                         nic->address, interface, options->ports[i].name);
                return port_error(port, -EBUSY, reason, err);
            }
    return 0;
}

static void
need_address(struct jn_host_plan *plan, unsigned int port_idx, const struct jn_port_option *port,
             const struct jn_nic *nic) {
    bool physical = nic->holder == JN_NIC_UIO || nic->unsafe;
    if (plan->iova == JN_IOVA_PHYSICAL || (!physical && plan->iova_why[0] != '\0'))
        return;
    plan->iova = physical ? JN_IOVA_PHYSICAL : JN_IOVA_VIRTUAL;
    if (physical)
        plan->iova_port = (int)port_idx;
    snprintf(plan->iova_why, sizeof(plan->iova_why), "port %s: %.30s%s", port->name, nic->driver,
             nic->unsafe                  ? " without an IOMMU"
             : nic->holder == JN_NIC_VFIO ? " behind an IOMMU"
                                          : "");
}

static int
check_pci(const struct jn_host *host, const struct jn_options *options, unsigned int port_idx, const char *address,
          struct jn_host_plan *plan, char err[JN_ERR_MAX]) {
    const struct jn_port_option *port = &options->ports[port_idx];
    char reason[JN_ERR_MAX];
    struct jn_nic nic;
    int rc = jn_host_check_nic(host, address, &nic, reason);
    if (rc == -EBUSY && nic.holder == JN_NIC_KERNEL && check_interfaces(options, port, &nic, err) < 0)
        return -EBUSY;
    if (rc == -EBUSY && nic.holder == JN_NIC_KERNEL && nic.interface_count > 0) {
        size_t length = strlen(reason);
        snprintf(reason + length, sizeof(reason) - length, ", or use it as net_af_xdp%u,iface=%s", port_idx,
                 nic.interfaces[0]);
    }
    if (rc < 0)
        return port_error(port, rc, reason, err);
    need_address(plan, port_idx, port, &nic);
    return check_interfaces(options, port, &nic, err);
}

// What is neither a PCI address nor one of DPDK's devices is mostly a slip.
static int
check_other(const struct jn_host *host, const struct jn_port_option *port, char err[JN_ERR_MAX]) {
    char name[IF_NAMESIZE], reason[JN_ERR_MAX];
    size_t length = strcspn(port->device, ",");
    snprintf(name, sizeof(name), "%.*s", (int)length, port->device);
    if (length < sizeof(name) && host->index_of(name) != 0) {
        snprintf(reason, sizeof(reason),
                 "%s is an interface of the kernel's: use it as net_af_xdp0,iface=%s, or give its PCI address", name,
                 name);
        return port_error(port, -EINVAL, reason, err);
    }
    if (length == 0 || strspn(port->device, "0123456789abcdefABCDEF:.") != length)
        return 0;
    snprintf(reason, sizeof(reason), "%.80s is no PCI address: expected one as 0000:03:00.0 or 03:00.0", port->device);
    return port_error(port, -EINVAL, reason, err);
}

int
jn_host_check_ports(const struct jn_host *host, const struct jn_options *options, struct jn_host_plan *plan,
                    char err[JN_ERR_MAX]) {
    char address[JN_PCI_ADDRESS_MAX];
    plan->iova = JN_IOVA_VIRTUAL;
    plan->iova_port = -1;
    plan->iova_why[0] = '\0';
    int rc = check_pairs(host, options, err);
    for (unsigned int i = 0; rc == 0 && i < options->port_count; i++)
        rc = jn_device_pci(options->ports[i].device, address) ? check_pci(host, options, i, address, plan, err)
                                                              : check_other(host, &options->ports[i], err);
    if (rc == 0 && plan->iova_why[0] == '\0')
        snprintf(plan->iova_why, sizeof(plan->iova_why), "no port is a PCI device");
    return rc;
}
