// SPDX-License-Identifier: BSD-3-Clause
// What stands behind each method of lib/config/methods.h. Parameters are there and of the right types.
#pragma once

#include "config/methods.h"
#include "control.h"

// What is answered.
#define X(handler, ...) json_t *query_##handler(struct control *control);
JN_QUERIES(X)
#undef X

struct change {
    struct control *control;
    const json_t *params;
    struct failure *failure;
    struct publication *publication;
    json_t *document, *vpg; // once it has begun: a copy of the configuration, and the VPG in it
};

// 0, or a negative number with the failure filled; then the old policy is in force.
#define X(handler, ...) int change_##handler(struct change *change);
JN_CHANGES(X)
#undef X

// What a change answers.
json_t *change_result(struct control *control, const struct publication *publication, const struct failure *failure);
