// SPDX-License-Identifier: BSD-3-Clause
// Files of lines, of which one that was killed may have left half a one.
#pragma once

#include <stdint.h>

// Where the last whole line of a file of `size` bytes ends; `size` when it cannot be read.
uint64_t lines_end(int file, uint64_t size);
