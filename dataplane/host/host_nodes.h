// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "host/host.h"

// Of a host with several NUMA nodes: does the core's node lack huge pages, so that its worker's memory is another node's? Then
// a sentence that has what helps.
bool jn_host_node_lacks(const struct jn_host *host, unsigned int core, char *sentence, size_t size);
