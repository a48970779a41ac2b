// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_mtu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_mbuf.h>

#include "log.h"
#include "port/frame_room.h"
#include "port/port_error.h"
#include "port/xdp.h"
#include "sizes.h"

enum { CHECKSUM = 4 };

_Static_assert(JN_XDP_ROOM == JN_TAG_ROOM + JN_LABEL_ROOM, "buffers are counted with it");

static bool
is_interface(const struct jn_port *port) {
    return port->interface[0] != '\0';
}

static bool
is_pci(const struct rte_eth_dev_info *info) {
    const struct rte_bus *bus = rte_bus_find_by_device(info->device);
    return bus != NULL && strcmp(rte_bus_name(bus), "pci") == 0;
}

// As configured, else as the device has it: not DPDK's own default.
static uint16_t
wanted_mtu(const struct jn_port *port) {
    uint16_t mtu = port->option->mtu;
    if (mtu == 0 && is_interface(port))
        mtu = jn_xdp_mtu(port->interface);
    if (mtu == 0)
        rte_eth_dev_get_mtu(port->ethdev, &mtu);
    return mtu;
}

// Other kinds of device have no limit of their own, or an MTU that is also the host's at their other end.
static bool
has_room_asked_for(bool wired, const struct jn_port *port, const struct rte_eth_dev_info *info) {
    return wired && (is_interface(port) || is_pci(info));
}

// An AF_XDP buffer, with all that DPDK and the kernel keep before the frame, is no longer than a page.
static bool
fits_page(uint16_t mtu) {
    uint32_t object = (uint32_t)sizeof(struct rte_mbuf) + jn_sizes_room(mtu, true, false);
    return rte_mempool_calc_obj_size(object, 0, NULL) <= (uint32_t)getpagesize();
}

static uint16_t
most_mtu(const struct jn_port *port, const struct rte_eth_dev_info *info) {
    uint16_t most = info->max_mtu;
    while (is_interface(port) && most > info->min_mtu && !fits_page(most))
        most--;
    return most;
}

int
jn_port_decide_mtu(struct jn_port *port, bool wired, const struct rte_eth_dev_info *info, char err[JN_ERR_MAX]) {
    uint16_t takes = most_mtu(port, info);
    port->mtu = wanted_mtu(port);
    if (port->mtu > takes) {
        snprintf(err, JN_ERR_MAX, "port %s (%s): it takes an MTU of %u at most, and %u is %s", port->option->name,
                 port->option->device, takes, port->mtu, port->option->mtu != 0 ? "configured" : "its interface's");
        return -ENOTSUP;
    }
    uint32_t most = (uint32_t)port->mtu + (has_room_asked_for(wired, port, info) ? JN_TAG_ROOM + JN_LABEL_ROOM : 0);
    port->device_mtu = most < takes ? (uint16_t)most : takes;
    return 0;
}

// The most that the device takes, down to the MTU itself.
static int
set_device_mtu(struct jn_port *port) {
    static const uint16_t rooms[] = {JN_TAG_ROOM + JN_LABEL_ROOM, JN_TAG_ROOM, JN_TAG, 0};
    int rc = -EINVAL;
    for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]) && rc < 0 && rc != -ENOTSUP; i++) {
        if (port->mtu + rooms[i] < port->device_mtu)
            port->device_mtu = (uint16_t)(port->mtu + rooms[i]);
        rc = rte_eth_dev_set_mtu(port->ethdev, port->device_mtu);
    }
    return rc == -ENOTSUP ? 0 : rc;
}

// How much longer than its MTU a device's frames may be, without checksum: the kernel's drivers allow for one tag.
static uint32_t
overhead(const struct jn_port *port, const struct rte_eth_dev_info *info) {
    uint32_t said = info->max_rx_pktlen - info->max_mtu - CHECKSUM;
    bool sound = said >= JN_ETHERNET && said <= JN_ETHERNET + JN_TAG_ROOM;
    return is_interface(port) ? JN_ETHERNET + JN_TAG : sound ? said : JN_ETHERNET;
}

int
jn_port_set_mtu(struct jn_port *port, bool wired, const struct rte_eth_dev_info *info, char err[JN_ERR_MAX]) {
    char text[160];
    bool asked = has_room_asked_for(wired, port, info);
    if (port->option->mtu == 0 && !asked)
        return 0;
    port->note.mtu_before = is_interface(port) ? jn_xdp_mtu(port->interface) : 0;
    port->note.mtu_set = is_interface(port) ? port->device_mtu : 0;
    if (is_interface(port))
        jn_claim_note_write(port->lock, &port->note);
    int rc = set_device_mtu(port);
    if (rc < 0 && port->option->mtu != 0) {
        snprintf(err, JN_ERR_MAX, "port %s (%s): its driver or firmware does not take an MTU of %u: %s",
                 port->option->name, port->option->device, port->mtu, strerror(-rc));
        return -ENOTSUP;
    }
    if (is_interface(port)) {
        port->note.mtu_set = port->device_mtu;
        jn_claim_note_write(port->lock, &port->note);
    }
    if (asked && jn_frame_room_text(port->mtu, port->device_mtu + overhead(port, info), text, sizeof(text))[0] != '\0')
        jn_log(JN_LOG_WARNING, "port %s (%s): %s", port->option->name, port->option->device, text);
    return 0;
}

int
jn_port_start(struct jn_port *port) {
    char text[160];
    int rc = rte_eth_dev_start(port->ethdev);
    if (rc == 0 || port->device_mtu == port->mtu || rte_eth_dev_set_mtu(port->ethdev, port->mtu) < 0)
        return rc;
    port->device_mtu = port->mtu;
    rc = rte_eth_dev_start(port->ethdev);
    if (rc == 0)
        jn_log(JN_LOG_WARNING, "port %s (%s): %s", port->option->name, port->option->device,
               jn_frame_room_text(port->mtu, port->mtu + (uint32_t)JN_ETHERNET, text, sizeof(text)));
    return rc;
}
