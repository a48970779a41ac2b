// SPDX-License-Identifier: BSD-3-Clause
// The wires in show status: do they forward, or what do they wait for?
#pragma once

#include <stdbool.h>

#include "sample.h"
#include "view.h"

// The list "wires" of the view.
void wires_list(struct view *view, const struct sample *sample);

// Are links of a start still waited for? Then the detail says which.
bool wires_starting(const struct sample *sample, char *detail, size_t size);
