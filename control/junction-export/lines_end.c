// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "lines_end.h"

#include <string.h>

#include "world.h"

uint64_t
lines_end(int file, uint64_t size) {
    char block[4096];
    while (size > 0) {
        size_t length = size < sizeof(block) ? (size_t)size : sizeof(block);
        if (world->files->read(file, block, length, size - length) != (ssize_t)length)
            return size;
        const char *newline = memrchr(block, '\n', length);
        if (newline != NULL)
            return size - length + (uint64_t)(newline - block) + 1;
        size -= length;
    }
    return 0;
}
