// SPDX-License-Identifier: BSD-3-Clause
// Help and man page.
#pragma once

#include "commands.h"

void print_help(const struct command *command); // NULL: of everything
void print_help_json(void);
void print_man(void);
