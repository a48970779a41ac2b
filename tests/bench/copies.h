// SPDX-License-Identifier: BSD-3-Clause
// A capture many times over, each time between other hosts: enough flows for a benchmark.
#pragma once

#include <stdbool.h>

// Writes the IP packets of the capture, `copies` times over with other last bytes of both addresses, into a new file in /tmp, whose
// name is left in `path`. False, with a line on standard error.
bool copies_write(const char *capture, unsigned int copies, char path[64]);
