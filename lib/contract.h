// SPDX-License-Identifier: BSD-3-Clause
// Contracts: what a function demands of its caller, as its header says. A caller that does not keep one is a bug of ours,
// never input: the process says where and stops. What comes from outside, or out of a region, is checked and refused
// instead. Not on the packet path.
#pragma once

#include <stdio.h>
#include <stdlib.h>

static inline void __attribute__((noreturn, cold))
jn_contract_broken(const char *file, int line, const char *condition) {
    fprintf(stderr, "error %s:%d: the caller must keep to: %s\n", file, line, condition);
    abort();
}

// In every build: cheap, and at a border of shared memory, where other processes would see what goes wrong.
#define jn_require_always(condition) ((condition) ? (void)0 : jn_contract_broken(__FILE__, __LINE__, #condition))

// In debug builds (make debug, make tsan, fuzzers); elsewhere it is compiled, and not evaluated.
#ifdef JN_CONTRACTS
#define jn_require(condition) jn_require_always(condition)
#else
#define jn_require(condition) ((void)(0 && (condition)))
#endif
