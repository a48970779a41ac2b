// SPDX-License-Identifier: BSD-3-Clause
// Which copy of the packet path a CPU is given.
#include "path/path.h"

#include <string.h>

#include "test.h"

#define ECX1  (1u << 12 | 1u << 22 | 1u << 27 | 1u << 28 | 1u << 29)
#define AVX2  (1u << 3 | 1u << 5 | 1u << 8)
#define WIDE  (1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31)
#define LZCNT (1u << 5)

static void
test_isa_of(void **state) {
    (void)state;
    static const struct {
        const char *what;
        struct jn_cpu_words words;
        enum jn_isa isa;
    } rows[] = {
        {"nothing is known", {0}, JN_ISA_BASE},
        {"all", {ECX1, AVX2 | WIDE, LZCNT, 0xe7}, JN_ISA_AVX512},
        {"everything that there is", {~0u, ~0u, ~0u, ~UINT64_C(0)}, JN_ISA_AVX512},
        {"no AVX-512", {ECX1, AVX2, LZCNT, 0x07}, JN_ISA_AVX2},
        {"AVX-512 whose registers the system does not keep", {ECX1, AVX2 | WIDE, LZCNT, 0x07}, JN_ISA_AVX2},
        {"the upper sixteen are not kept", {ECX1, AVX2 | WIDE, LZCNT, 0x67}, JN_ISA_AVX2},
        {"AVX2 whose registers the system does not keep", {ECX1, AVX2 | WIDE, LZCNT, 0x03}, JN_ISA_BASE},
        {"XGETBV is not allowed", {ECX1 & ~(1u << 27), AVX2 | WIDE, LZCNT, 0}, JN_ISA_BASE},
        {"AVX, no AVX2 (Sandy Bridge)", {ECX1 & ~(1u << 12 | 1u << 22), 0, 0, 0x07}, JN_ISA_BASE},
        {"no BMI2", {ECX1, AVX2 & ~(1u << 8), LZCNT, 0x07}, JN_ISA_BASE},
        {"no LZCNT", {ECX1, AVX2, 0, 0x07}, JN_ISA_BASE},
        {"no MOVBE", {ECX1 & ~(1u << 22), AVX2, LZCNT, 0x07}, JN_ISA_BASE},
        {"AVX-512 without VL (Knights Landing)", {ECX1, AVX2 | (WIDE & ~(1u << 31)), LZCNT, 0xe7}, JN_ISA_AVX2},
        {"AVX-512 without AVX2, as an odd hypervisor says", {ECX1, WIDE, LZCNT, 0xe7}, JN_ISA_BASE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (jn_isa_of(&rows[i].words) != rows[i].isa)
            fail_msg("%s: %d", rows[i].what, jn_isa_of(&rows[i].words));
}

#if defined(__x86_64__)
static void
test_choose(void **state) {
    (void)state;
    static const struct {
        const char *wanted;
        enum jn_isa isa;
        const char *name, *error; // a part of it
    } rows[] = {
        {NULL, JN_ISA_BASE, "sse4.2", NULL},
        {"auto", JN_ISA_BASE, "sse4.2", NULL},
        {"auto", JN_ISA_AVX2, "avx2", NULL},
        {"auto", JN_ISA_AVX512, "avx512", NULL},
        {"sse4.2", JN_ISA_AVX512, "sse4.2", NULL},
        {"avx2", JN_ISA_AVX512, "avx2", NULL},
        {"avx2", JN_ISA_AVX2, "avx2", NULL},
        {"avx2", JN_ISA_BASE, NULL,
         "\"avx2\" needs what this CPU, or its operating system, does not have; there are auto, sse4.2"},
        {"avx512", JN_ISA_AVX2, NULL, "there are auto, sse4.2, avx2"},
        {"neon", JN_ISA_AVX512, NULL, "\"neon\" is not in this build"},
        {"", JN_ISA_AVX2, NULL, "is not in this build"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char err[JN_ERR_MAX] = "";
        const struct jn_path *path = jn_path_choose(rows[i].wanted, rows[i].isa, err);
        if ((path == NULL) != (rows[i].name == NULL) || (path != NULL && strcmp(path->name, rows[i].name) != 0))
            fail_msg("%s: %s", rows[i].wanted, path != NULL ? path->name : "none");
        if (rows[i].error != NULL && strstr(err, rows[i].error) == NULL)
            fail_msg("%s: %s", rows[i].wanted, err);
    }
}

// Each is a copy of its own, whole.
static void
test_copies(void **state) {
    (void)state;
    const struct jn_path *base = jn_path_at(0, JN_ISA_AVX512);
    unsigned int n;
    for (n = 1; jn_path_at(n, JN_ISA_AVX512) != NULL; n++) {
        const struct jn_path *path = jn_path_at(n, JN_ISA_AVX512);
#define X(member, function)                                                                                            \
    assert_non_null(path->member);                                                                                     \
    assert_true(path->member != base->member);
        JN_PATH_ENTRIES(X)
#undef X
    }
    assert_int_equal(n, 3);
    assert_null(jn_path_at(1, JN_ISA_BASE));
    assert_null(jn_path_at(2, JN_ISA_AVX2));
}
#endif

// What is chosen here is there, and works: the other tests run by it.
static void
test_here(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    assert_non_null(jn_path_choose("auto", jn_isa_here(), err));
    assert_ptr_equal(jn_path_at(0, JN_ISA_BASE)->worker_run, jn_worker_run);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_isa_of),
#if defined(__x86_64__)
        cmocka_unit_test(test_choose),
        cmocka_unit_test(test_copies),
#endif
        cmocka_unit_test(test_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
