// SPDX-License-Identifier: BSD-3-Clause
// Lists of system calls.
#pragma once

#include <stddef.h>
#include <stdint.h>

// A system call that is allowed only with (argument & mask) == value.
struct jn_sandbox_rule {
    const char *call; // its name
    unsigned int argument;
    uint64_t mask, value;
};

struct jn_sandbox_list {
    const char *calls; // names with spaces between, allowed whatever their arguments are
    const struct jn_sandbox_rule *rules;
    size_t count;
};

// What memory, threads, clocks, signals and files need, in every process.
extern const struct jn_sandbox_list jn_sandbox_common;

// Those that serve no purpose but an attacker's: they kill also where others are refused.
extern const char jn_sandbox_fatal[];
