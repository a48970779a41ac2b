// SPDX-License-Identifier: BSD-3-Clause
#include "worker/rooms.h"

#include "contract.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { JN_LINE = 64 };

void
jn_rooms_join(struct jn_worker *worker, struct jn_rooms *rooms) {
    worker->flow = &rooms->flow;
    worker->mirror = &rooms->mirror;
    worker->redirect = &rooms->redirect;
    worker->underlay = &rooms->underlay;
}

// Zeros, in cache lines that nobody else has: a worker writes there with every packet.
static void *
touched(size_t count, size_t size) {
    size_t bytes = (count * size + JN_LINE - 1) / JN_LINE * JN_LINE;
    void *memory = aligned_alloc(JN_LINE, bytes);
    return memory != NULL ? memset(memory, 0, bytes) : NULL;
}

int
jn_worker_vpgs_make(struct jn_worker *worker, uint32_t vpgs) {
    struct jn_mirror *mirror = worker->mirror;
    struct jn_redirect *redirect = worker->redirect;
    jn_require(vpgs != 0 && vpgs <= JN_MAX_VPGS);
    mirror->state = touched(JN_VPG_PEERS * vpgs, sizeof(*mirror->state));
    mirror->whole = touched(1, sizeof(*mirror->whole));
    redirect->answers = touched(vpgs, sizeof(*redirect->answers));
    redirect->counted = touched(vpgs, sizeof(*redirect->counted));
    bool whole =
        mirror->state != NULL && mirror->whole != NULL && redirect->answers != NULL && redirect->counted != NULL;
    return whole ? 0 : -ENOMEM;
}

void
jn_worker_vpgs_free(struct jn_worker *worker) {
    free(worker->mirror->state);
    free(worker->mirror->whole);
    free(worker->redirect->answers);
    free(worker->redirect->counted);
}
