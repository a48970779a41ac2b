// SPDX-License-Identifier: BSD-3-Clause
// The launcher watches the dataplane's main thread by its heartbeat: a process that sleeps plays the dataplane, and time is
// what the test says.
#define _GNU_SOURCE
#include <poll.h>

#include "control_process.h"
#include "watch.h"

enum { HANG_S = 2, LIMIT_MS = (HANG_S + WATCH_MAIN_EXTRA_S) * 1000, LOOK_MS = 500 };

struct stage {
    struct jn_shm shm;
    struct jn_counters_region *region;
    struct watch watch;
    pid_t pid;
    uint64_t now_ms;
};

static pid_t
sleeper(void) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    while (pid == 0)
        pause();
    return pid;
}

static void
stage_open(struct stage *s) {
    *s = (struct stage){.pid = sleeper()};
    assert_int_equal(jn_shm_create(&s->shm, instance, JN_REGION_COUNTERS, jn_counters_size(1, 1), 1, false, false, err),
                     0);
    s->region = s->shm.base;
    s->region->worker_count = 1;
    s->region->vpg_capacity = s->region->vpg_used = 1;
    s->region->pid = (uint32_t)s->pid;
    jn_shm_ready(&s->shm);
}

static void
stage_close(struct stage *s) {
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    watch_dataplane_at(&s->watch, instance, 0, HANG_S, s->now_ms);
    jn_shm_remove(&s->shm);
}

// So many looks, half a second apart, each after so many beats.
static void
look(struct stage *s, unsigned int looks, uint64_t beats, unsigned int hang_seconds) {
    for (; looks > 0; looks--) {
        s->region->rounds += beats;
        s->now_ms += LOOK_MS;
        watch_dataplane_at(&s->watch, instance, s->pid, hang_seconds, s->now_ms);
    }
}

static void
expect_alive(const struct stage *s) {
    assert_int_equal(s->watch.signals, 0);
    assert_int_equal(waitpid(s->pid, NULL, WNOHANG), 0);
}

static void
test_a_main_thread_that_hangs_is_ended(void **state) {
    (void)state;
    struct stage s;
    int status;
    stage_open(&s);
    look(&s, 1, 1, HANG_S);
    look(&s, LIMIT_MS / LOOK_MS - 1, 0, HANG_S);
    expect_alive(&s);
    look(&s, 1, 0, HANG_S);
    assert_int_equal(waitpid(s.pid, &status, 0), s.pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    s.pid = sleeper(); // the next life begins anew
    s.region->pid = (uint32_t)s.pid;
    look(&s, 1, 1, HANG_S);
    look(&s, 10, 0, HANG_S);
    expect_alive(&s);
    stage_close(&s);
}

static void
test_what_is_no_hang(void **state) {
    (void)state;
    struct stage s;
    stage_open(&s);
    look(&s, 200, 0, HANG_S); // still starting
    expect_alive(&s);
    look(&s, 200, 1, HANG_S); // well
    expect_alive(&s);
    look(&s, 200, 0, 0); // told not to care
    expect_alive(&s);
    look(&s, 1, 1, HANG_S);
    s.now_ms += UINT64_C(3600000); // nobody ran for an hour
    look(&s, 10, 0, HANG_S);
    expect_alive(&s);
    look(&s, 1, 1, HANG_S);
    assert_int_equal(kill(s.pid, SIGSTOP), 0);
    assert_int_equal(waitpid(s.pid, NULL, WUNTRACED), s.pid);
    look(&s, 200, 0, HANG_S);
    assert_int_equal(s.watch.signals, 0);
    assert_int_equal(kill(s.pid, SIGCONT), 0);
    s.region->pid++; // another's region
    look(&s, 200, 0, HANG_S);
    expect_alive(&s);
    stage_close(&s);
}

static void
test_how_long_to_wait(void **state) {
    (void)state;
    assert_int_equal(watch_timeout(-1), LOOK_MS);
    assert_int_equal(watch_timeout(100), 100);
    assert_int_equal(watch_timeout(60000), LOOK_MS);
}

// What is silent is said by junction-control, and shown.
static void
test_silence_is_said_and_shown(void **state) {
    (void)state;
    struct fake fake;
    struct child control = start_both(&fake, 2, sound_config);
    struct jn_counters_region *region = fake.shm.base;
    __atomic_store_n(&region->rounds, 1, __ATOMIC_RELAXED);
    expect_line(&control, "worker 1 of the dataplane has not come round for");
    json_t *answer = ask("{\"id\":1,\"method\":\"status\"}");
    json_t *silent = json_object_get(json_object_get(answer, "result"), "silent");
    assert_int_equal(json_array_size(silent), 3);
    assert_string_equal(json_string_value(json_object_get(json_array_get(silent, 0), "thread")), "main");
    assert_int_equal(json_integer_value(json_object_get(json_array_get(silent, 2), "worker")), 1);
    assert_true(json_real_value(json_object_get(json_array_get(silent, 2), "seconds")) >= 1);
    json_decref(answer);
    __atomic_store_n(&region->workers[1].rounds, 1, __ATOMIC_RELAXED);
    expect_line(&control, "worker 1 of the dataplane comes round again");
    stop_both(&control, &fake);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_main_thread_that_hangs_is_ended),
        cmocka_unit_test(test_what_is_no_hang),
        cmocka_unit_test(test_how_long_to_wait),
        cmocka_unit_test(test_silence_is_said_and_shown),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
