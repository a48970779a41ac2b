// SPDX-License-Identifier: BSD-3-Clause
// Options of commands, as a person writes them.
#pragma once

#include "commands.h"

struct option {
    char name[32];
    const char *value; // what its value is called; NULL: it takes none
    char text[320];    // what it does
    bool everywhere;
    size_t offset;                 // in struct invocation: of a const char *, or of a bool when it takes no value
    struct jn_parameter parameter; // of the command's method instead, name "": none
    const char *fixed;             // and what it is without a value: "true", "false" or "default"
};

// The options of a command, NULL: those of every command. Returns how many.
size_t command_options(const struct command *command, struct option options[MAX_OPTIONS]);

// Does any command have an option of that name?
bool option_find(const char *name, struct option *option);
