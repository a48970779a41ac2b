// SPDX-License-Identifier: BSD-3-Clause
// The lane's way by the spool. For lane.c.
#pragma once

#include "lane.h"

int lane_spool_open(struct lane *lane, char err[JN_ERR_MAX]);
unsigned int lane_spool_step(struct lane *lane, bool pressed);
uint64_t lane_spool_documents(const struct lane *lane);

// Say what could not be read.
void lane_spool_damaged(const struct lane *lane, const struct jn_sink_amount *amount);

// The oldest block of the queue, which is the caller's now.
struct block *lane_queue_take(struct lane *lane);
