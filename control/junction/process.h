// SPDX-License-Identifier: BSD-3-Clause
// Child processes: found beside our own program, told to end when we are gone.
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "variables.h"

enum { ARGUMENTS_MAX = 256, PROCESS_OURS = -1, PROCESS_NONE = -2 };

// An argument list that grows by formatted words, which it owns.
struct arguments {
    char *word[ARGUMENTS_MAX + 1];
    size_t count;
};
void arguments_add(struct arguments *arguments, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arguments_free(struct arguments *arguments);

// Start `arguments`, whose first word is a program's name, in a session of its own, so that a terminal's Ctrl-C
// comes to us alone. output: its standard output, PROCESS_OURS for ours, or PROCESS_NONE. given: what
// it has in its environment beside ours; NULL: nothing. Returns the process id, or -1 (and it was logged).
pid_t process_start(const struct arguments *arguments, int output, const struct variables *given);

// The signals we steer by are blocked, so that they wait for signal_wait: SIGTERM, SIGINT, SIGHUP, SIGCHLD.
void signals_block(void);
// The next one, or 0 after `milliseconds` (negative: never).
int signal_wait(long milliseconds);

long milliseconds_now(void); // monotonic
