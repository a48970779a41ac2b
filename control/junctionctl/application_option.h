// SPDX-License-Identifier: BSD-3-Clause
// The option --application: a name of nDPI's.
#pragma once

#include <stdbool.h>

// The number of the application with that name, in any case; -1 without a name: any. False, said on standard error with the
// nearest names: there is none.
bool application_option(const char *name, int *number);
