// SPDX-License-Identifier: BSD-3-Clause
// The samples that a worker would give of a capture, for tests and benchmarks of what looks at them.
#pragma once

#include "samples.h"

struct samples_of {
    struct jn_sample *samples; // in the capture's order, and of each flow an END behind them
    size_t count;
    uint32_t flows;
    uint64_t packets, bytes; // of the capture, with an IP header
};

// Read a capture. False, with a line on standard error: it cannot be read. Freed by samples_of_free.
bool samples_of_capture(const char *path, struct samples_of *out);
void samples_of_free(struct samples_of *samples);
