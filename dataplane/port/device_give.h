// SPDX-License-Identifier: BSD-3-Clause
// What the keeper of PCI devices does with sysfs and /dev. Without DPDK.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "nic.h"

// Bind the device to its driver, where bind is set and it has another, and make `owner` the owner of its file in /dev/vfio.
// noted: what it was at the start. root: "", or a test's. 0, or negative errno: -ENODEV when another make of device is
// there, -EBUSY when an interface of the device is up, or when it is not bound to its driver.
int jn_kept_device_give(const char *root, const struct jn_nic *noted, bool bind, uid_t owner);

// Close all descriptors but the standard ones and `own`, which is none of them: with a claim that is open here, too, a
// dataplane that was killed would keep its successor waiting.
void jn_keeper_close_others(int own);
