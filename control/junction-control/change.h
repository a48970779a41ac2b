// SPDX-License-Identifier: BSD-3-Clause
// What stands behind each method of lib/methods.h. Parameters are there and of the right types.
#pragma once

#include "config/methods.h"
#include "control.h"

// What is answered.
#define X(handler, ...) json_t *query_##handler(struct control *control);
JN_QUERIES(X)
#undef X

// 0, or a negative number with `failure` filled; then the old policy is in force.
#define X(handler, ...)                                                                                                \
    int change_##handler(struct control *control, const json_t *params, struct failure *failure,                       \
                         struct publication *publication);
JN_CHANGES(X)
#undef X

// What a change answers.
json_t *change_result(struct control *control, const struct publication *publication, const struct failure *failure);
