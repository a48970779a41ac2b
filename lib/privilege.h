// SPDX-License-Identifier: BSD-3-Clause
// What a process may do, given up for good: its user, its capabilities and those of every thread. Main thread only.
#pragma once

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shm.h"

// A set of capabilities(7): one bit each.
#define JN_CAPABILITY(number) (UINT64_C(1) << (number))

// First thing of a process, before it has other threads: no program that it starts, and no thread that it makes, gets more
// than it has (PR_SET_NO_NEW_PRIVS, empty bounding set, no ambient capabilities). 0, or negative errno with a sentence in
// err.
int jn_privilege_begin(char err[JN_ERR_MAX]);

// Change every thread of the process to `user` and its groups. The calling thread keeps those of `kept` that it has, all
// others keep none. Other processes of that user cannot trace it, and it leaves no core dump; that it ends with its parent
// (PR_SET_PDEATHSIG) stays. Who is not root cannot change, and where the host has no such user root stands in for it: then
// the process stays who it is, says so, and jn_privilege_limit has to take capabilities from its other threads.
// 0, or negative errno with a sentence in err.
int jn_privilege_change_user(const char *user, uint64_t kept, char err[JN_ERR_MAX]);

// From here on the calling thread has those of `kept` that it has now, and every other thread has none. 0, or negative
// errno with a sentence in err that names the thread which keeps more.
int jn_privilege_limit(uint64_t kept, char err[JN_ERR_MAX]);

// Capabilities that the calling thread has (permitted).
uint64_t jn_privilege_held(void);

// "user junction-export", "user 1000" where it has no name: who the process is, for an error's text.
const char *jn_privilege_who(void);

// Behind strerror(code) of a file that could not be opened: " for user junction-export" where that may be why, or nothing.
const char *jn_privilege_hint(int code, char *out, size_t size);

// Words of a set, as "cap_net_admin, cap_bpf"; "none".
const char *jn_privilege_text(uint64_t set, char *out, size_t size);
