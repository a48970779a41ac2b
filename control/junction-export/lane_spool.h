// SPDX-License-Identifier: BSD-3-Clause
// The lane's way by the spool.
#pragma once

#include "lane.h"

int lane_spool_open(struct lane *lane, char err[JN_ERR_MAX]);
unsigned int lane_spool_step(struct lane *lane, bool pressed);
uint64_t lane_spool_documents(const struct lane *lane);

// Say what could not be read.
void lane_spool_damaged(const struct lane *lane, const struct jn_sink_amount *amount);

// Can it neither send nor spool?
bool lane_stuck(const struct lane *lane);

// From now on nothing is waited for; with a spool what is not acknowledged goes there.
void lane_spill(struct lane *lane);
