// SPDX-License-Identifier: BSD-3-Clause
// Which process works with a NIC: a driver that is taken from under it would wait for it, or take its traffic down.
#pragma once

#include "nic_host.h"

enum { NIC_USER_TEXT = 160 };

// A process that has the NIC open through vfio or uio, or a running Junction that has one of its interfaces as a port. Its
// name and number are in `text`. False: none is seen. Who is not root sees its own processes alone.
bool nic_user_find(const struct nic_host *host, const struct jn_nic *nic, char text[NIC_USER_TEXT]);

// The device file of the NIC's IOMMU group, behind the host's root; false: it has none.
bool nic_group_file(const struct nic_host *host, const struct jn_nic *nic, char *path, size_t size);
