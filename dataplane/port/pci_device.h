// SPDX-License-Identifier: BSD-3-Clause
// A PCI device as the kernel shows it in sysfs: is it there, is it still the same, who drives it. Without DPDK.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device_name.h"

enum { JN_PCI_DRIVER_MAX = 32 };

#define JN_SYSFS "/sys"

// A number of the device's life: another once it was taken away and plugged in again; 0 while it is not there.
// sysfs: JN_SYSFS, or a test's.
uint64_t jn_pci_life(const char *sysfs, const char *address);

// The kernel's driver of the device: "" when it has none.
void jn_pci_driver(const char *sysfs, const char *address, char driver[JN_PCI_DRIVER_MAX]);

// The number of its IOMMU group, or -1.
int jn_pci_group(const char *sysfs, const char *address);

// Can Junction open the device without root once it has returned? vfio-pci gives it away by the owner of a file; drivers
// that stay the kernel's (mlx4, mlx5) by capabilities. What is bound to UIO is root's for good.
bool jn_pci_driver_returns(const char *driver);

// Does the driver keep the device, with DPDK beside it (mlx4, mlx5)?
bool jn_pci_driver_shares(const char *driver);
