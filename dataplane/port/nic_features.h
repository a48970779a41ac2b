// SPDX-License-Identifier: BSD-3-Clause
// Features of network interfaces that change frames on their way to us (ethtool -k). Main thread only.
#pragma once

#include <stdbool.h>

// Does a kernel hand the device's frames over as it has them, whose checksums may be unfinished: AF_XDP, AF_PACKET, libpcap,
// TAP? PCI devices and others give whole ones.
bool jn_nic_leaves_unfinished(const char *device);
