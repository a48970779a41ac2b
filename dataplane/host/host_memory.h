// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/host.h"

// Can the process have dataplane.memory_mb as its devices need it: huge pages where addresses are physical, locked where the
// kernel counts what devices see? Takes the plan's iova, and fills huge; plain pages instead of the huge ones that were asked
// for are said. 0, or -ENOMEM with a sentence in err that has what helps.
int jn_host_check_memory(const struct jn_host *host, const struct jn_options *options, struct jn_host_plan *plan,
                         char err[JN_ERR_MAX]);
