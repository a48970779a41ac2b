// SPDX-License-Identifier: BSD-3-Clause
// Which process has a file open. Any thread.
#pragma once

#include <stddef.h>
#include <sys/types.h>

enum { JN_PROCESS_NAME = 32 };

// The first process that has one of `count` files open, named as /proc/*/fd names them. proc: /proc, or a test's. beside: a
// process that does not count; 0: all do. name: its command, "" when that cannot be read. Returns its number; 0: none that
// the caller may see.
pid_t jn_file_holder(const char *proc, pid_t beside, const char *const *files, size_t count,
                     char name[JN_PROCESS_NAME]);
