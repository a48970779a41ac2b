// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/options.h"
#include "shm.h"

// Start DPDK's environment: no files, no sockets, no devices but those named; plain pages where there are not enough huge
// ones (options->huge is then cleared). 0 or negative errno with a sentence in err.
int jn_eal_start(struct jn_options *options, char err[JN_ERR_MAX]);
