// SPDX-License-Identifier: BSD-3-Clause
#include "engine_memory.h"

#include <malloc.h>
#include <stdlib.h>

#include <ndpi/ndpi_api.h>

// Of the engine that is at work on this thread.
static _Thread_local int64_t *counted;

static void *
count_malloc(size_t size) {
    void *memory = malloc(size);
    if (counted != NULL && memory != NULL)
        *counted += (int64_t)malloc_usable_size(memory);
    return memory;
}

static void
count_free(void *memory) {
    if (counted != NULL && memory != NULL)
        *counted -= (int64_t)malloc_usable_size(memory);
    free(memory);
}

void
engine_memory_begin(void) {
    set_ndpi_malloc(count_malloc);
    set_ndpi_free(count_free);
}

void
engine_memory_count(int64_t *bytes) {
    counted = bytes;
}
