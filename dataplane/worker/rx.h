// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "worker/app.h"

// Receive once from each of the worker's queues and rings, and run the pipeline over every burst. Returns packets seen.
unsigned int jn_rx_round(struct jn_thread *thread);
