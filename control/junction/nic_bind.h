// SPDX-License-Identifier: BSD-3-Clause
// NICs are given to another driver and back. driver_override of sysfs names the driver of one function and of no other, so
// there is no table of devices: neither here nor, as with new_id, in the driver.
#pragma once

#include "nic_use.h"

enum { NIC_SET_MAX = 64 };

// NICs that are bound together: all or none.
struct nic_set {
    struct jn_nic nic[NIC_SET_MAX];
    size_t count;
    bool force; // also what the host needs, and what would not be of use
};

// Read the NIC of that address or interface and add it, unless it is there. 0 or negative errno with a sentence in err.
int nic_set_add(struct nic_set *set, const struct nic_host *host, const char *name, char err[JN_ERR_MAX]);

// The set's NIC of that address, or NULL.
const struct jn_nic *nic_set_find(const struct nic_set *set, const char *address);

// Why `driver` should not get the set's NIC of that number, in the light of all others of the set: 0, or negative errno with
// a sentence in err. Nothing is changed, but that the driver's module is loaded.
int nic_bind_check(const struct nic_host *host, const struct nic_set *set, size_t number, const char *driver,
                   const struct nic_uses *uses, char err[JN_ERR_MAX]);

// Give one NIC to the driver. 0, or negative errno with a sentence in err: then it has the driver that it had.
int nic_bind(const struct nic_host *host, const struct jn_nic *nic, const char *driver, char err[JN_ERR_MAX]);

// Why the NIC should not be given back to the kernel: 0, or negative errno with a sentence in err.
int nic_unbind_check(const struct nic_host *host, const struct jn_nic *nic, char err[JN_ERR_MAX]);

// Give one NIC to the driver that the kernel chooses, whose name is then in `driver`. 0, or negative errno with a sentence in
// err: then it has the driver that it had.
int nic_unbind(const struct nic_host *host, const struct jn_nic *nic, char driver[JN_DRIVER_MAX], char err[JN_ERR_MAX]);

// Give the NIC back the driver and the override that it had when `nic` was read, whatever has it now. That it cannot be is
// logged.
void nic_restore(const struct nic_host *host, const struct jn_nic *nic);

// Let the dataplane's user open the NIC's IOMMU group, for a device that returns while nothing is root any more.
void nic_hand_over(const struct nic_host *host, const struct jn_nic *nic);
