// SPDX-License-Identifier: BSD-3-Clause
// A worker's core that cannot be had: what is said.
#include "host/host_cores.h"

#include "host/host_file.h"
#include "host_case.h"

static const struct {
    const char *present, *online, *allowed, *workers; // lists of CPUs; present, online NULL: no such file
    const char *sentence;                             // NULL: they can be had
    const char *main;                                 // where the main thread may be
} cases[] = {
    {"0-7\n", "0-7\n", "0-7", "2-3", NULL, "0-1,4-7"},
    {"0-7\n", "0-7\n", "2-3", "2-3", NULL, "2-3"}, // none is without a worker
    {NULL, NULL, "0-1", "1", NULL, "0"},
    {"0-7\n", "0-1\n", "4-5", "4-5", NULL, "4-5"}, // LXCFS counts the container's CPUs from 0
    {"0-1\n", "0-1\n", "4-5", "5", NULL, "4"},
    {"0-3\n", "0-3\n", "0-3", "4",
     "worker core 4: this host has no such CPU, it has 0-3: change dataplane.worker_cores", NULL},
    {"0-1,4\n", "0-1,4\n", "0-1,4", "3",
     "worker core 3: this host has no such CPU, it has 0-1,4: change dataplane.worker_cores", NULL},
    {"0-3\n", "0-1,3\n", "0-1,3", "2-3",
     "worker core 2: the CPU is offline: echo 1 >/sys/devices/system/cpu/cpu2/online", NULL},
    {"0-3\n", "0-3\n", "0,2", "2-3",
     "worker core 3: this process may use CPUs 0,2 alone: change dataplane.worker_cores, or what keeps it from the "
     "others: "
     "AllowedCPUs= and CPUAffinity= of its unit, the cpuset of its container, taskset",
     NULL},
};

static void
set_of(const char *list, cpu_set_t *set) {
    struct jn_host fake = host_usual();
    host_file("/list", list);
    assert_true(jn_host_list(&fake, set, "/list"));
}

static void
put_list(const char *path, const char *list) {
    char whole[PATH_MAX];
    if (list != NULL)
        host_file(path, list);
    else
        unlink(host_path(whole, "%s", path));
}

static void
test_cores(void **state) {
    (void)state;
    host_directory("/sys/devices/system/cpu");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct jn_host fake = host_usual();
        struct jn_options options = {0};
        cpu_set_t workers, main_cores;
        char err[JN_ERR_MAX] = "", text[128];
        put_list("/sys/devices/system/cpu/present", cases[i].present);
        put_list("/sys/devices/system/cpu/online", cases[i].online);
        set_of(cases[i].allowed, &fake.cores);
        set_of(cases[i].workers, &workers);
        for (unsigned int core = 0; core < CPU_SETSIZE; core++)
            if (CPU_ISSET(core, &workers))
                options.worker_cores[options.worker_count++] = core;
        int rc = jn_host_check_cores(&fake, &options, err);
        expect_sentence(cases[i].workers, cases[i].sentence, rc, err);
        jn_host_main_cores(&fake, &options, &main_cores);
        if (cases[i].main != NULL)
            assert_string_equal(jn_host_list_text(&main_cores, text, sizeof(text)), cases[i].main);
    }
}

static void
test_twice(void **state) {
    (void)state;
    struct jn_host fake = host_usual();
    struct jn_options options = {.worker_count = 3, .worker_cores = {1, 0, 1}};
    char err[JN_ERR_MAX] = "";
    int rc = jn_host_check_cores(&fake, &options, err);
    expect_sentence("twice", "worker core 1: workers 0 and 2 have it: give each a core of its own", rc, err);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_twice, make_host, remove_host),
        cmocka_unit_test_setup_teardown(test_cores, make_host, remove_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
