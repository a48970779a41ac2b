// SPDX-License-Identifier: BSD-3-Clause
// What the keeper of PCI devices does with sysfs and /dev. Without DPDK.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "port/pci_device.h"

// What the keeper knows of a device since the start.
struct jn_kept_device {
    char address[JN_PCI_ADDRESS_MAX]; // "": none of its business
    char driver[JN_PCI_DRIVER_MAX];
    char make[64]; // vendor, device and class
};

// Note driver and make of the device at that address. sysfs: JN_SYSFS, or a test's.
void jn_kept_device_note(const char *sysfs, struct jn_kept_device *device);

// Bind the device to its driver, where bind is set and it has another, and make `owner` the owner of its file in dev/vfio.
// 0, or negative errno: -ENODEV when another make of device is there, -EBUSY when an interface of the device is up, or
// when it is not bound to its driver.
int jn_kept_device_give(const char *sysfs, const char *dev, const struct jn_kept_device *device, bool bind,
                        uid_t owner);

// Close all descriptors but the standard ones and `own`, which is none of them: with a claim that is open here, too, a
// dataplane that was killed would keep its successor waiting.
void jn_keeper_close_others(int own);
