// SPDX-License-Identifier: BSD-3-Clause
// Memory that is there before a worker needs it: the first touch of a page is a page fault, which must not fall between two
// polls.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Touch every page; what is in it stays, also what others write meanwhile.
static inline void
jn_touch(void *memory, size_t size) {
    enum { PAGE = 4096 };
    uint8_t *bytes = (uint8_t *)memory;
    for (size_t offset = 0; offset < size; offset += PAGE)
        __atomic_fetch_or(&bytes[offset], 0, __ATOMIC_RELAXED);
    if (size != 0)
        __atomic_fetch_or(&bytes[size - 1], 0, __ATOMIC_RELAXED);
}
