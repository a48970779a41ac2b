// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/host.h"

// Before DPDK starts, and changes anything: can it have the cores, devices and memory that it was told to take? 0 with the
// plan filled, or negative errno with one sentence in err, of the first thing that it cannot have and what helps.
int jn_host_check(const struct jn_host *host, const struct jn_options *options, struct jn_host_plan *plan,
                  char err[JN_ERR_MAX]);
