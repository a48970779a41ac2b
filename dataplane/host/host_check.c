// SPDX-License-Identifier: BSD-3-Clause
#include "host/host_check.h"

#include "host/host_cores.h"
#include "host/host_memory.h"
#include "host/host_ports.h"

int
jn_host_check(const struct jn_host *host, const struct jn_options *options, struct jn_host_plan *plan,
              char err[JN_ERR_MAX]) {
    int rc = jn_host_check_cores(host, options, err);
    if (rc == 0)
        rc = jn_host_check_ports(host, options, plan, err);
    if (rc == 0)
        rc = jn_host_check_memory(host, options, plan, err);
    return rc;
}
