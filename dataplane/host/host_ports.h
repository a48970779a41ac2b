// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/host.h"

// Can DPDK have each port's device, and what addresses do they need? Fills the plan's iova, iova_why and iova_port. Sentences
// name the port and what helps. 0, or negative errno: -ENODEV no such device, -EBUSY another has it (a port, a driver of the
// kernel, a process), -ENXIO it has no driver or the driver cannot work here, -EPERM others in its IOMMU group, or no access.
int jn_host_check_ports(const struct jn_host *host, const struct jn_options *options, struct jn_host_plan *plan,
                        char err[JN_ERR_MAX]);
