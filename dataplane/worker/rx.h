// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "worker/app.h"

// Receive once from each of the worker's queues and inboxes, and send every burst on its way. Packets seen.
unsigned int jn_rx_round(struct jn_thread *thread);
