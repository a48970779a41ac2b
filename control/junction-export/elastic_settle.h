// SPDX-License-Identifier: BSD-3-Clause
// What becomes of a batch when its request is done.
#pragma once

#include "elastic.h"

// struct http_request's `done`. context: the batch.
void elastic_settle(void *context, const struct http_answer *answer);
