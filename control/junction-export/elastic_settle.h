// SPDX-License-Identifier: BSD-3-Clause
// What becomes of a batch when its request is done.
#pragma once

#include "elastic.h"

// struct http_request's `done`, with the batch as context.
void elastic_settle(void *batch, const struct http_answer *answer);
