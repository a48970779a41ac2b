// SPDX-License-Identifier: BSD-3-Clause
// One sink that is stuck stops no other: its oldest documents go, counted.
#pragma once

#include "lane.h"

// Lose what is in flight from memory, or else the oldest block that waits there, counted, for there is no room. False: there
// is none.
bool lane_lose_oldest(struct lane *lane);
