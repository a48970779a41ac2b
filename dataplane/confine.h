// SPDX-License-Identifier: BSD-3-Clause
// What junction-dataplane may do: DPDK starts as who started us, devices are opened as junction-dataplane, and once they are,
// the main thread keeps what brings back a device that returns, the others nothing. Main thread only.
#pragma once

#include "core/options.h"

// Before DPDK starts, and so before there are other threads. 0, or negative errno with a sentence in err.
int jn_confine_begin(char err[JN_ERR_MAX]);

// Before regions are made and devices opened. 0, or negative errno with a sentence in err.
int jn_confine_user(const struct jn_options *options, char err[JN_ERR_MAX]);

// Before the first packet. From here on a system call that is not on the list fails with EPERM, and is counted.
// 0, or negative errno with a sentence in err.
int jn_confine_calls(const struct jn_options *options, char err[JN_ERR_MAX]);
