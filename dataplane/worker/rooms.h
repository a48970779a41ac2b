// SPDX-License-Identifier: BSD-3-Clause
// A whole worker: what all rooms know of it, and what each room keeps for itself.
#pragma once

#include "core/worker.h"
#include "flow/flow_state.h"
#include "mirror/mirror_state.h"
#include "redirect/redirect_state.h"
#include "underlay/underlay.h"

struct jn_rooms {
    struct jn_flow_state flow;
    struct jn_mirror mirror;
    struct jn_redirect redirect;
    struct jn_underlay underlay;
};

// The worker is made of these from here on.
static inline void
jn_rooms_join(struct jn_worker *worker, struct jn_rooms *rooms) {
    worker->flow = &rooms->flow;
    worker->mirror = &rooms->mirror;
    worker->redirect = &rooms->redirect;
    worker->underlay = &rooms->underlay;
}
