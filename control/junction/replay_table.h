// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stdbool.h>

// Reads documents, one a line, until the end; then prints one screen about them. False when there was no summary.
bool replay_table(int input, const char *capture);
