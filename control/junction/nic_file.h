// SPDX-License-Identifier: BSD-3-Clause
// Which NICs are bound at boot: /etc/junction/nic-bindings, a line each, which `junction nic apply` reads:
//     0000:03:00.0 vfio-pci 8086:1572 3c:fd:fe:a0:00:01
// address, driver, vendor and device, permanent MAC address or "-". The last two tell whether the card at that address is
// still the one that was meant: a card more moves the addresses of others. Empty lines and what follows a # are kept.
#pragma once

#include "nic_bind.h"

#define NIC_FILE "/etc/junction/nic-bindings"

struct nic_line {
    char address[JN_PCI_ADDRESS_MAX];
    char driver[JN_DRIVER_MAX];
    uint16_t vendor, device;
    char mac[18]; // "-": not known
};

struct nic_file {
    struct nic_line line[NIC_SET_MAX];
    size_t count;
};

// Read the whole file; without one there are no lines. Negative errno with a sentence in err that has path and line: nothing
// of a file with an error, or that others than root can write, is to be used.
int nic_file_read(struct nic_file *file, const struct nic_host *host, char err[JN_ERR_MAX]);

// Write the file that is to be, with lines for the set's NICs (driver NULL: without), beside the one that is. Nothing is changed
// until nic_file_commit. 0 or negative errno with a sentence in err.
int nic_file_prepare(const struct nic_host *host, const struct nic_set *set, const char *driver, char err[JN_ERR_MAX]);
int nic_file_commit(const struct nic_host *host, char err[JN_ERR_MAX]);
void nic_file_abandon(const struct nic_host *host);

// The line of that address, or NULL.
const struct nic_line *nic_file_find(const struct nic_file *file, const char *address);

// Is the NIC the one that the line means? 0, or -ENODEV with a sentence in err.
int nic_file_check(const struct nic_host *host, const struct nic_line *line, const struct jn_nic *nic,
                   char err[JN_ERR_MAX]);
