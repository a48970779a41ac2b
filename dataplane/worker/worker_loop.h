// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The body of a worker thread (lcore function). argument: its struct jn_thread.
int jn_worker_run(void *argument);
