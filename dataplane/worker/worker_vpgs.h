// SPDX-License-Identifier: BSD-3-Clause
// What a worker keeps by VPG index and by peer. Memory that no VPG in use touches is not there.
#pragma once

#include "core/worker.h"

// Room for so many VPG indexes. 0 or -ENOMEM.
int jn_worker_vpgs_make(struct jn_worker *worker, uint32_t vpgs);
void jn_worker_vpgs_free(struct jn_worker *worker);
