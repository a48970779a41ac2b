// SPDX-License-Identifier: BSD-3-Clause
// What fuzzers share: libFuzzer's entries, and the end when something does not hold.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
demand(bool holds) {
    if (!holds)
        abort();
}
