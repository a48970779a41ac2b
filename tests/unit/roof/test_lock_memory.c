// SPDX-License-Identifier: BSD-3-Clause
// Memory is locked where it may be, without filling what is mapped later; where it may not, nothing is changed.
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lock_memory.h"
#include "test.h"

enum { LATER = 64 << 20, PAGE = 4096 };

static const struct {
    rlim_t now;
    bool may;
} limits[] = {{RLIM_INFINITY, true}, {RLIM_INFINITY - 1, false}, {8 << 20, false}, {0, false}};

static void
test_limits(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        assert_int_equal(jn_memory_may_lock(&(struct rlimit){limits[i].now, RLIM_INFINITY}), limits[i].may);
}

// Kilobytes of a line of /proc/self/status.
static unsigned long
status(const char *name) {
    char line[256];
    unsigned long kb = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            sscanf(line + strlen(name), ": %lu", &kb);
    if (file != NULL)
        fclose(file);
    return kb;
}

static int
with_a_limit(void) {
    const struct rlimit small = {64 << 10, 64 << 10};
    if (setrlimit(RLIMIT_MEMLOCK, &small) < 0)
        return 1;
    jn_memory_lock();
    void *memory = mmap(NULL, LATER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return status("VmLck") != 0 || memory == MAP_FAILED ? 1 : 0;
}

static int
without_a_limit(void) {
    jn_memory_lock();
    if (status("VmLck") == 0)
        return 1;
    unsigned long before = status("VmRSS");
    char *later = mmap(NULL, LATER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (later == MAP_FAILED || status("VmRSS") - before > (LATER >> 10) / 2)
        return 2;
    unsigned char there = 0;
    later[0] = 1;
    return mincore(later, PAGE, &there) < 0 || !(there & 1) ? 3 : 0;
}

// In a process of its own: what it locks and limits goes with it.
static int
apart(int (*function)(void)) {
    int result = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(function());
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    return WEXITSTATUS(result);
}

static void
test_with_a_limit(void **state) {
    (void)state;
    assert_int_equal(apart(with_a_limit), 0);
}

static void
test_without_a_limit(void **state) {
    (void)state;
    const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
    if (setrlimit(RLIMIT_MEMLOCK, &none) < 0)
        skip();      // only CAP_SYS_RESOURCE lifts it
#ifndef JN_SANITIZED // sanitizers lock nothing
    assert_int_equal(apart(without_a_limit), 0);
#else
    (void)without_a_limit;
#endif
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_limits), cmocka_unit_test(test_with_a_limit),
                                       cmocka_unit_test(test_without_a_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
