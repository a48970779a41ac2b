// SPDX-License-Identifier: BSD-3-Clause
#include "worker/rooms.h"

#include "contract.h"

#include <errno.h>
#include <stdlib.h>

void
jn_rooms_join(struct jn_worker *worker, struct jn_rooms *rooms) {
    worker->flow = &rooms->flow;
    worker->mirror = &rooms->mirror;
    worker->redirect = &rooms->redirect;
    worker->underlay = &rooms->underlay;
}

int
jn_worker_vpgs_make(struct jn_worker *worker, uint32_t vpgs) {
    struct jn_flow_state *flow = worker->flow;
    struct jn_mirror *mirror = worker->mirror;
    struct jn_redirect *redirect = worker->redirect;
    jn_require(vpgs != 0 && vpgs <= JN_MAX_VPGS);
    flow->vpgs = calloc(vpgs, sizeof(*flow->vpgs));
    mirror->state = calloc((size_t)JN_VPG_PEERS * vpgs, sizeof(*mirror->state));
    mirror->whole = calloc(1, sizeof(*mirror->whole)); // its memory is there once a copy is as long
    redirect->answers = calloc(vpgs, sizeof(*redirect->answers));
    redirect->counted = calloc(vpgs, sizeof(*redirect->counted));
    bool whole = flow->vpgs != NULL && mirror->state != NULL && mirror->whole != NULL && redirect->answers != NULL &&
                 redirect->counted != NULL;
    return whole ? 0 : -ENOMEM;
}

void
jn_worker_vpgs_free(struct jn_worker *worker) {
    free(worker->flow->vpgs);
    free(worker->mirror->state);
    free(worker->mirror->whole);
    free(worker->redirect->answers);
    free(worker->redirect->counted);
}
