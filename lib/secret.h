// SPDX-License-Identifier: BSD-3-Clause
// Secrets in memory: on pages of their own that no core dump has, and overwritten when they are given back.
#pragma once

#include <stddef.h>

// A copy of `length` bytes, none of them NUL, with a NUL behind. NULL: no memory. jn_secret_forget takes it back.
char *jn_secret_keep(const char *bytes, size_t length);

// Overwrites it, and gives its pages back. NULL is let pass.
void jn_secret_forget(char *secret);

// This process leaves no core dump from here on, nor can another of its user read its memory. A change of user undoes it.
void jn_secret_no_dumps(void);

// The variable's value as a secret, NULL when there is none or no memory. The environment stays as it is.
char *jn_secret_from_environment(const char *name);

// Overwrite the variable's value where /proc/PID/environ shows it, and take the variable away. One thread only.
void jn_secret_wipe_environment(const char *name);
