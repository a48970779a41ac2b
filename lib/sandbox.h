// SPDX-License-Identifier: BSD-3-Clause
// Which system calls a process may still make: a filter of seccomp(2) in every thread, for good. Main thread only.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sandbox_calls.h"
#include "shm.h"

// What becomes of a call that is on no list.
enum jn_sandbox_other {
    JN_SANDBOX_KILL,   // the process
    JN_SANDBOX_REFUSE, // it fails with EPERM and is counted
};

// Called by a thread in place of a refused system call, in a signal handler: its result, or -EPERM.
typedef long (*jn_sandbox_instead)(int call, const long arguments[3]);

// Enter the filter, in every thread. A build with a sanitizer, whose run time calls what it likes, only refuses to start
// programs. instead: may be NULL; with JN_SANDBOX_REFUSE alone. 0, or negative errno with a sentence in err.
int jn_sandbox_enter(enum jn_sandbox_other other, const struct jn_sandbox_list *const *lists, size_t count,
                     jn_sandbox_instead instead, char err[JN_ERR_MAX]);

// How many calls were refused until now; says in the log when there are more than the last time.
uint64_t jn_sandbox_report(void);
