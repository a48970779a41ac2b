// SPDX-License-Identifier: BSD-3-Clause
// Which part of a range whole pages cover, and that what is in a range stays.
#include <sys/mman.h>

#include "core/huge.h"
#include "test.h"

#define PAGE 0x200000u

static const struct {
    const char *what;
    uintptr_t memory;
    size_t size;
    uintptr_t begin, end;
} rows[] = {
    {"nothing", 0x400000, 0, 0x400000, 0x400000},
    {"one page", 0x400000, PAGE, 0x400000, 0x600000},
    {"two pages and a half", 0x400000, 2 * PAGE + PAGE / 2, 0x400000, 0x800000},
    {"a page that begins late", 0x400010, PAGE, 0x600000, 0x600000},
    {"two, of which the first begins late", 0x400010, 2 * PAGE, 0x600000, 0x800000},
    {"within a page", 0x400010, 64, 0x600000, 0x600000},
    {"a byte less", 0x400000, PAGE - 1, 0x400000, 0x400000},
    {"a byte more", 0x400000, PAGE + 1, 0x400000, 0x600000},
};

static void
test_part(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct jn_huge_part part = jn_huge_part_of(rows[i].memory, rows[i].size, PAGE);
        bool empty = rows[i].begin == rows[i].end;
        if (empty ? part.begin != part.end : part.begin != rows[i].begin || part.end != rows[i].end)
            fail_msg("%s: %#lx to %#lx", rows[i].what, (unsigned long)part.begin, (unsigned long)part.end);
    }
}

// Shared with others, as a region is, and anonymous.
static void
test_content_stays(void **state) {
    (void)state;
    const size_t size = 3 * PAGE + 4096;
    const int kinds[] = {MAP_SHARED, MAP_PRIVATE};
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        uint32_t *words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | kinds[kind], -1, 0);
        assert_ptr_not_equal(words, MAP_FAILED);
        for (uint32_t i = 0; i < size / sizeof(*words); i += 2)
            words[i] = i;
        jn_huge_touch(words, size);
        for (uint32_t i = 0; i < size / sizeof(*words); i++)
            if (words[i] != (i & 1 ? 0 : i))
                fail_msg("kind %zu, word %u: %u", kind, i, words[i]);
        munmap(words, size);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_part), cmocka_unit_test(test_content_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
