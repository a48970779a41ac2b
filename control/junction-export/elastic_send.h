// SPDX-License-Identifier: BSD-3-Clause
// Requests of a batch.
#pragma once

#include "elastic.h"

// Send the next request of a batch with items, unless there is no server to send it to for now.
void elastic_send(struct elastic_batch *batch, uint64_t now);
