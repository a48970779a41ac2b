// SPDX-License-Identifier: BSD-3-Clause
#include "port/device_return.h"

#include <errno.h>
#include <string.h>

#include "core/clock.h"
#include "core/options.h"
#include "log.h"
#include "port/device_keeper.h"
#include "port/xdp.h"

// The life of the device about which something was said, and the driver that it had then.
static struct {
    uint64_t life;
    char driver[JN_DRIVER_MAX];
} said[JN_MAX_PORTS];

static bool
is_news(unsigned int port_idx, uint64_t life, const char *driver) {
    if (said[port_idx].life == life && strcmp(said[port_idx].driver, driver) == 0)
        return false;
    said[port_idx].life = life;
    memcpy(said[port_idx].driver, driver, JN_DRIVER_MAX);
    return true;
}

static bool
pci_is_back(const struct jn_port *port, unsigned int port_idx) {
    struct jn_nic nic;
    uint64_t life = jn_nic_life("", port->pci);
    if (life == 0 || !jn_nic_look("", port->pci, &nic))
        return false;
    bool anew = life != port->life, same = strcmp(nic.driver, port->driver) == 0;
    if (!port->returns) {
        if (is_news(port_idx, life, nic.driver))
            jn_log(JN_LOG_WARNING, "port %s: %s is there; what was bound to %s%s only a restart of the dataplane opens",
                   port->option->name, port->pci, port->driver[0] != '\0' ? port->driver : "no driver",
                   nic.holder == JN_NIC_VFIO && same ? " without an IOMMU" : "");
        return false;
    }
    // Whoever unbinds the device without unplugging it wants it for something else.
    if (!same && !anew)
        return false;
    int rc = jn_device_keeper_give(port_idx, !same);
    if (rc == 0)
        return true;
    if (rc == -ENOENT && same) // nobody to ask: perhaps it is ours already
        return true;
    if (is_news(port_idx, life, nic.driver))
        jn_log(JN_LOG_WARNING, "port %s: %s is back, bound to %s, and it was bound to %s: bind it so again (%s)",
               port->option->name, port->pci, nic.driver[0] != '\0' ? nic.driver : "no driver", port->driver,
               strerror(-rc));
    return false;
}

bool
jn_interface_is_ready(uint64_t *since_ns, bool there, bool enabled, uint64_t now_ns) {
    if (!there || *since_ns == 0)
        *since_ns = there ? now_ns : 0;
    return there && (enabled || now_ns - *since_ns >= JN_INTERFACE_WAIT_NS);
}

static bool
interface_is_back(const char *interface, unsigned int port_idx) {
    static uint64_t since_ns[JN_MAX_PORTS];
    bool ready = jn_interface_is_ready(&since_ns[port_idx], if_nametoindex(interface) != 0,
                                       jn_xdp_is_enabled(interface), jn_clock_read(CLOCK_MONOTONIC));
    if (ready)
        since_ns[port_idx] = 0;
    return ready;
}

bool
jn_device_is_back(struct jn_port *port, unsigned int port_idx) {
    if (port->interface[0] != '\0')
        return interface_is_back(port->interface, port_idx);
    if (port->opened) // it was reset, and has not left
        return true;
    return port->pci[0] == '\0' || pci_is_back(port, port_idx);
}
