// SPDX-License-Identifier: BSD-3-Clause
// Large pages for memory that hugetlbfs has none for: a table of a million flows in pages of 4 KiB costs a walk of page tables
// for almost every packet. Main thread only, before workers run.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The whole pages of that size (a power of two) within a range; empty: begin is end.
struct jn_huge_part {
    uintptr_t begin, end;
};

struct jn_huge_part jn_huge_part_of(uintptr_t memory, size_t size, size_t page);

// Ask the kernel for transparent huge pages there, and touch all of it. What is there already, as in a file of tmpfs, is put
// together, since Linux 6.1. What the kernel does not do stays as it is: nothing depends on it but speed.
void jn_huge_touch(void *memory, size_t size);
