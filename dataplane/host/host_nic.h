// SPDX-License-Identifier: BSD-3-Clause
// A NIC that DPDK is to drive, before it does.
#pragma once

#include "host/host.h"
#include "nic.h"

// Can DPDK open the NIC, which is read into `nic`? 0, or negative errno with a sentence in err, as jn_host_check_ports.
int jn_host_check_nic(const struct jn_host *host, const char *address, struct jn_nic *nic, char err[JN_ERR_MAX]);
