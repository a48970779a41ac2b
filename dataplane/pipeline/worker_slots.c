// SPDX-License-Identifier: BSD-3-Clause
#include "worker_slots.h"

#include <errno.h>
#include <stdlib.h>

int
jn_worker_slots_make(struct jn_worker *worker, uint32_t vpgs) {
    worker->vpg_capacity = vpgs;
    worker->vpgs = calloc(vpgs, sizeof(*worker->vpgs));
    worker->mirror.state = calloc((size_t)JN_VPG_PEERS * vpgs, sizeof(*worker->mirror.state));
    worker->redirect.answers = calloc(vpgs, sizeof(*worker->redirect.answers));
    worker->redirect.met = calloc(vpgs, sizeof(*worker->redirect.met));
    bool whole = worker->vpgs != NULL && worker->mirror.state != NULL && worker->redirect.answers != NULL &&
                 worker->redirect.met != NULL;
    return whole ? 0 : -ENOMEM;
}

void
jn_worker_slots_free(struct jn_worker *worker) {
    free(worker->vpgs);
    free(worker->mirror.state);
    free(worker->redirect.answers);
    free(worker->redirect.met);
}
