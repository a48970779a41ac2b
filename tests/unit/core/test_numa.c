// SPDX-License-Identifier: BSD-3-Clause
// Nodes of cores as the kernel tells them, and whose memory goes where.
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/numa.h"
#include "test.h"

#define ANY JN_NUMA_ANY

static const struct {
    const char *what;
    unsigned int workers;
    int worker[4], device;
    int of_port, of_all;
    uint32_t far; // bits of workers
} rows[] = {
    {"one node", 2, {0, 0}, 0, 0, 0, 0},
    {"all on the device's", 2, {1, 1}, 1, 1, 1, 0},
    {"all on the other", 2, {1, 1}, 0, 0, 1, 3},
    {"some on the other", 3, {0, 1, 0}, 0, 0, ANY, 2},
    {"a device of no node", 2, {1, 1}, ANY, 1, 1, 0},
    {"a device of no node, workers apart", 2, {0, 1}, ANY, ANY, ANY, 0},
    {"cores whose node is not known", 2, {ANY, ANY}, 1, 1, ANY, 0},
    {"four nodes", 4, {0, 1, 2, 3}, 2, 2, ANY, 11},
};

static void
test_choices(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_numa numa = {.workers = rows[i].workers};
        for (unsigned int w = 0; w < rows[i].workers; w++)
            numa.worker[w] = rows[i].worker[w];
        if (jn_numa_of_port(&numa, rows[i].device) != rows[i].of_port || jn_numa_of_all(&numa) != rows[i].of_all ||
            jn_numa_far(&numa, rows[i].device) != rows[i].far)
            fail_msg("%s: port %d, all %d, far %x", rows[i].what, jn_numa_of_port(&numa, rows[i].device),
                     jn_numa_of_all(&numa), jn_numa_far(&numa, rows[i].device));
    }
}

static void
make_directory(const char *root, const char *name) {
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", root, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void
remove_directory(const char *root, const char *name) {
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", root, name);
    assert_int_equal(rmdir(path), 0);
}

// Cores 0 and 2 on node 0, core 1 on node 1, and core 12 on node 10; core 3 names none.
static void
test_cores(void **state) {
    (void)state;
    static const char *const names[] = {"cpu0",       "cpu0/node0", "cpu1",  "cpu1/node1",  "cpu2",
                                        "cpu2/node0", "cpu3",       "cpu12", "cpu12/node10"};
    char root[] = "/tmp/junction-numa-XXXXXX";
    assert_non_null(mkdtemp(root));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        make_directory(root, names[i]);
    const unsigned int cores[] = {2, 1, 12, 3, 99};
    const int nodes[] = {0, 1, 10, ANY, ANY};
    struct jn_numa numa;
    jn_numa_find(&numa, root, cores, 5);
    assert_int_equal(numa.workers, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(numa.worker[i], nodes[i]);
    for (size_t i = sizeof(names) / sizeof(names[0]); i-- > 0;)
        remove_directory(root, names[i]);
    assert_int_equal(rmdir(root), 0);
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_choices), cmocka_unit_test(test_cores)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
