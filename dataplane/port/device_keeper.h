// SPDX-License-Identifier: BSD-3-Clause
// The keeper of PCI devices: a process that stays root when junction-dataplane no longer is, and can do one thing. A device
// that was plugged in again it binds to the driver that it had when Junction started, and it gives the file by which
// vfio opens it to junction-dataplane's user. It does so for the addresses of the configuration's ports alone, and only
// while the device there is of the same make.
#pragma once

#include <stdbool.h>

#include "core/options.h"
#include "shm.h"

// Start it, when root starts us and there are ports on PCI: before there are other threads. 0, or negative errno with a
// sentence in err.
int jn_device_keeper_start(const struct jn_options *options, char err[JN_ERR_MAX]);

// Have it give us the device of that port; bind: to its driver, first. 0, or negative errno: -ENOENT when there is no
// keeper, else as jn_kept_device_give (device_give.h).
int jn_device_keeper_give(unsigned int port_idx, bool bind);
