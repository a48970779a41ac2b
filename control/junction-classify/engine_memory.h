// SPDX-License-Identifier: BSD-3-Clause
// What nDPI allocates, counted. Process-wide, but for what is counted: that is a thread's own.
#pragma once

#include <stdint.h>

// Have nDPI ask for memory where it is counted. Before anything else of nDPI, once or again.
void engine_memory_begin(void);

// Count there what nDPI allocates and frees on this thread from now on; NULL: nowhere.
void engine_memory_count(int64_t *bytes);
