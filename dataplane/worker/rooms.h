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
void jn_rooms_join(struct jn_worker *worker, struct jn_rooms *rooms);

// Room for so many VPG indexes and their peers. 0 or -ENOMEM.
int jn_worker_vpgs_make(struct jn_worker *worker, uint32_t vpgs);
void jn_worker_vpgs_free(struct jn_worker *worker);
