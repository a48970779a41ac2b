// SPDX-License-Identifier: BSD-3-Clause
// For tests of regions in shared memory: none of their fields is trusted.
#pragma once

#include "log.h"
#include "test.h"

// A sound region in memory of exactly its size, and what says whether it is sound.
typedef void *fresh_region(size_t *size);
typedef int check_region(const void *region, size_t size, char err[JN_ERR_MAX]);

struct corruption {
    const char *what;
    size_t offset, width; // of the field
    uint64_t value;
};
#define FIELD(type, field) offsetof(struct type, field), sizeof(((struct type *)0)->field)

static inline void *
region_memory(size_t size) {
    void *memory = aligned_alloc(64, (size + 63) / 64 * 64);
    assert_non_null(memory);
    return memset(memory, 0, (size + 63) / 64 * 64);
}

static inline void
expect_refused(const struct corruption *rows, size_t count, fresh_region *fresh, check_region *check) {
    for (size_t i = 0; i < count; i++) {
        size_t size;
        char err[JN_ERR_MAX] = "", *region = fresh(&size);
        assert_int_equal(check(region, size, err), 0);
        memcpy(region + rows[i].offset, &rows[i].value, rows[i].width);
        if (check(region, size, err) == 0 || err[0] == '\0')
            fail_msg("accepted: %s", rows[i].what);
        free(region);
    }
}

static inline void
expect_short_is_refused(size_t header, fresh_region *fresh, check_region *check) {
    size_t size;
    char err[JN_ERR_MAX] = "";
    void *region = fresh(&size);
    assert_true(check(region, size - 1, err) < 0);
    assert_true(check(region, header - 1, err) < 0);
    assert_true(check(region, 0, err) < 0);
    free(region);
}
