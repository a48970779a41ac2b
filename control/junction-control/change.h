// SPDX-License-Identifier: BSD-3-Clause
// Changes of a VPG, as asked for over the socket. Parameters are there and of the right types.
#pragma once

#include "control.h"
#include "request.h"

// All return 0, or a negative number with `failure` filled; then the old policy is in force.
#define CHANGE(name)                                                                                                   \
    int name(struct control *control, const json_t *params, struct failure *failure, struct publication *publication);
CHANGE(change_inspection)
CHANGE(change_mirror_add)
CHANGE(change_mirror_remove)
CHANGE(change_mirror_enable)
CHANGE(change_mirror_disable)
CHANGE(change_mirror_set)
CHANGE(change_gate)
CHANGE(change_gate_vni)
CHANGE(change_gate_peer_add)
CHANGE(change_gate_peer_remove)
CHANGE(change_redirect_set)
CHANGE(change_redirect_unset)
#undef CHANGE
