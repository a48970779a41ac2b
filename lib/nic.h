// SPDX-License-Identifier: BSD-3-Clause
// A NIC as the kernel's sysfs tells of it: a PCI function of the network class, whose driver it has, and who else is in
// its IOMMU group. Only read here. Each function takes the root below which /sys is: "" on a host, a directory in tests.
// No memory is shared and none is kept: any thread.
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "instance.h"

// Where a NIC is bound to unless told otherwise.
#define JN_NIC_DRIVER "vfio-pci"

enum {
    JN_PCI_ADDRESS_MAX = 20, // "0000:03:00.0"; domains have up to eight digits
    JN_DRIVER_MAX = 64,
    JN_NIC_INTERFACES = 8,
    JN_NIC_GROUP_MAX = 64,
};

// Who drives a function.
enum jn_nic_holder {
    JN_NIC_FREE,   // nobody
    JN_NIC_KERNEL, // one of the kernel's drivers
    JN_NIC_SHARED, // one of the kernel's, beside which DPDK works (mlx4, mlx5, mana): never to be bound away
    JN_NIC_VFIO,   // vfio-pci or a variant of it
    JN_NIC_UIO,    // uio_pci_generic, igb_uio
};

struct jn_nic {
    char address[JN_PCI_ADDRESS_MAX];
    char driver[JN_DRIVER_MAX];          // "": none
    char driver_override[JN_DRIVER_MAX]; // "": none
    enum jn_nic_holder holder;
    uint32_t class_code; // 0x020000: Ethernet
    uint16_t vendor, device;
    int numa_node;   // -1: not known, or the host has one
    int iommu_group; // -1: none
    bool unsafe;     // that group is one of vfio's unsafe mode without an IOMMU
    bool translated; // the IOMMU translates the addresses of what a kernel's driver or uio does
    char physical_function[JN_PCI_ADDRESS_MAX];      // of a virtual function; "": it is none
    unsigned int virtual_functions;                  // that this one has now
    char interfaces[JN_NIC_INTERFACES][IF_NAMESIZE]; // in this network namespace
    unsigned int interface_count;
    long speed_mbps; // of the first interface's link; -1: not known, or no link
};

// A PCI address as the kernel writes it: "03:00.0" and upper case become "0000:03:00.0". False: it is none.
bool jn_pci_address(const char *text, char address[JN_PCI_ADDRESS_MAX]);

// Can that be a driver's name: no path, no option. False: no.
bool jn_driver_name(const char *text);

// The function at `address`, which is as jn_pci_address writes it, of whatever class. 0, or -ENODEV with a sentence in err.
int jn_nic_read(const char *root, const char *address, struct jn_nic *nic, char err[JN_ERR_MAX]);

// The same without its interfaces, for which all of the host's are looked at. False: no such device.
bool jn_nic_look(const char *root, const char *address, struct jn_nic *nic);

// A number of the device's life: another once it was taken away and plugged in again; 0 while it is not there.
uint64_t jn_nic_life(const char *root, const char *address);

// Can it be opened without root when it was away? vfio gives it to the owner of a file, if there is an IOMMU; drivers that are
// shared go by capabilities. What is bound to UIO is root's for good.
bool jn_nic_returns(const struct jn_nic *nic);

// By an address, a short one, or the name of an interface; -EINVAL it is none of these.
int jn_nic_find(const char *root, const char *name, struct jn_nic *nic, char err[JN_ERR_MAX]);

// All functions of the network class, by address. The caller frees *nics. Their number, or negative errno with a sentence.
int jn_nic_list(const char *root, struct jn_nic **nics, char err[JN_ERR_MAX]);

// Is it of the network class?
bool jn_nic_is_network(const struct jn_nic *nic);

// The functions that share the NIC's IOMMU group and keep user space from it, bridges aside: those that a driver of the kernel
// has. Their number, at most `max` of them in `others`.
size_t jn_nic_group_holders(const char *root, const struct jn_nic *nic, struct jn_nic *others, size_t max);

// Can DPDK open the NIC as it is bound now? 0, or negative errno with a sentence in err that has the command which helps:
// -ENODEV no such device, -EBUSY a driver of the kernel has it, -ENXIO no driver has it, -EPERM others in its IOMMU group.
int jn_nic_check(const char *root, const char *address, char err[JN_ERR_MAX]);

// "ixgbe, eth1", or "no driver", for a sentence. Returns text.
const char *jn_nic_holder_text(const struct jn_nic *nic, char *text, size_t size);
