// SPDX-License-Identifier: BSD-3-Clause
// Numbers that look random and are the same in every run.
#pragma once

#include <stdint.h>

#define RANDOM_SEED UINT64_C(88172645463325252)

// The next of them: Marsaglia, "Xorshift RNGs" (2003). *state: not 0, RANDOM_SEED to begin with.
static inline uint64_t
random_next(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}
