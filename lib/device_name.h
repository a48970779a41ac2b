// SPDX-License-Identifier: BSD-3-Clause
// What a port's `device` names: a PCI function, or DPDK's device arguments, and what of the host it takes. Text alone.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "nic.h"

enum { JN_DEVICE_TAKEN_MAX = 160 };

// Is it a PCI function, perhaps with arguments behind a comma? Then its address as the kernel writes it,
// else "".
bool jn_device_pci(const char *device, char address[JN_PCI_ADDRESS_MAX]);

// The same device with its PCI address as the kernel writes it, by which DPDK knows it; any other as it is. False: it does
// not fit, and out is cut short.
bool jn_device_write(const char *device, char *out, size_t size);

// The n-th interface, socket or other thing that one of the arguments `iface`, `rx_iface` ... names. False: it has no more.
bool jn_device_interface(const char *device, unsigned int n, char *interface, size_t size);

// Do two devices take the same: one PCI function however it is written, one interface, or one of DPDK's names? Then what, in
// words for a sentence.
bool jn_device_shares(const char *a, const char *b, char taken[JN_DEVICE_TAKEN_MAX]);
