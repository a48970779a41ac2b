// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/host.h"

// Start DPDK's environment: no files, no sockets, no devices but those named; huge pages if options->huge. Afterwards the
// calling thread may run on all cores without a worker. 0 or negative errno with a sentence in err.
int jn_eal_start(const struct jn_options *options, const struct jn_host *host, enum jn_iova iova, char err[JN_ERR_MAX]);
