// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "core/huge.h"

#include <stdbool.h>
#include <sys/mman.h>

#include "touch.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 // Linux 6.1
#endif

enum { HUGE_PAGE = 2 << 20 };

struct jn_huge_part
jn_huge_part_of(uintptr_t memory, size_t size, size_t page) {
    uintptr_t begin = (memory + page - 1) & ~(uintptr_t)(page - 1), end = (memory + size) & ~(uintptr_t)(page - 1);
    return begin < end ? (struct jn_huge_part){begin, end} : (struct jn_huge_part){begin, begin};
}

void
jn_huge_touch(void *memory, size_t size) {
    struct jn_huge_part part = jn_huge_part_of((uintptr_t)memory, size, HUGE_PAGE);
    bool any = part.begin != part.end;
    if (any)
        madvise((void *)part.begin, part.end - part.begin, MADV_HUGEPAGE);
    jn_touch(memory, size);
    if (any)
        madvise((void *)part.begin, part.end - part.begin, MADV_COLLAPSE);
}
