// SPDX-License-Identifier: BSD-3-Clause
// The keeper of PCI devices: a process that stays root when junction-dataplane no longer is, and can do one thing. A device
// that was plugged in again it binds to the driver that it had when Junction started, and it gives the file by which
// vfio opens it to junction-dataplane's user. It does so for the addresses of the configuration's ports alone, and only
// while the device there is of the same make.
#pragma once

#include <sys/types.h>

#include "core/options.h"
#include "port/pci_device.h"
#include "shm.h"

// What the keeper knows of a device since the start.
struct jn_kept_device {
    char address[JN_PCI_ADDRESS_MAX]; // "": none of its business
    char driver[JN_PCI_DRIVER_MAX];
    char make[64]; // vendor, device and class
};

// Start it, when root starts us and there are ports on PCI: before there are other threads. 0, or negative errno with a
// sentence in err.
int jn_device_keeper_start(const struct jn_options *options, char err[JN_ERR_MAX]);

// Have it give us the device of that port; bind: to its driver, first. 0, or negative errno: -ENOENT when there is no
// keeper, -ENODEV when another make of device is there, -EBUSY when an interface of the device is up.
int jn_device_keeper_give(unsigned int port_idx, bool bind);

// The keeper's own part, with the file systems that it works on: JN_SYSFS and "/dev", or a test's.
void jn_kept_device_note(const char *sysfs, struct jn_kept_device *device);
int jn_kept_device_give(const char *sysfs, const char *dev, const struct jn_kept_device *device, bool bind,
                        uid_t owner);
