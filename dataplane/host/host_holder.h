// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include "host/host.h"

// Which other process has the file (as /proc/*/fd names it) open: its number, and in `text` words for a sentence, as
// "dpdk-testpmd (process 4711)". 0: none, or this process may not see it.
pid_t jn_host_holder(const struct jn_host *host, const char *path, char *text, size_t size);
