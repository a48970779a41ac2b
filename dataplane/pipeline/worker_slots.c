// SPDX-License-Identifier: BSD-3-Clause
#include "worker_slots.h"

#include <errno.h>
#include <stdlib.h>

int
jn_worker_slots_make(struct jn_worker *worker, uint32_t vpgs) {
    worker->vpg_capacity = vpgs;
    worker->vpgs = calloc(vpgs, sizeof(*worker->vpgs));
    return worker->vpgs == NULL ? -ENOMEM : 0;
}

void
jn_worker_slots_free(struct jn_worker *worker) {
    free(worker->vpgs);
}
