// SPDX-License-Identifier: BSD-3-Clause
// Row of the tables that unfinished_vectors.py prints.
#pragma once

#include <stdint.h>

struct unfinished_vector {
    const char *what;
    struct {
        uint32_t length;
        const char *hex; // zeros at the end are left out
    } before, after;
};
