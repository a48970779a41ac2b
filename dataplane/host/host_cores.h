// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/host.h"

// Can each worker have its core? 0, or -EINVAL with a sentence in err that has what helps.
int jn_host_check_cores(const struct jn_host *host, const struct jn_options *options, char err[JN_ERR_MAX]);

// Say which worker cores other instances of this run directory have, too. Nothing is refused: two that sleep when they are
// idle share a small machine's core well.
void jn_host_warn_cores(const struct jn_options *options);

// The cores where the main thread may be: those without a worker, if there is one.
void jn_host_main_cores(const struct jn_host *host, const struct jn_options *options, cpu_set_t *cores);
