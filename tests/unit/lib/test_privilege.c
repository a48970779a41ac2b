// SPDX-License-Identifier: BSD-3-Clause
// A process gives up what it may do, and the kernel says what each of its threads still has. Each case is a process of its
// own, for there is no way back. Who is not root tries what is left of it.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "privilege.h"
#include "test.h"

enum { THREADS = 3, NOBODY = 65534 };

#define KEPT (JN_CAPABILITY(CAP_NET_RAW) | JN_CAPABILITY(CAP_NET_ADMIN))

struct thread_state {
    unsigned int uid[4], gid[4];
    unsigned long long permitted, effective, bounding;
    int no_new_privs;
};

static char err[JN_ERR_MAX];

// Fails by its exit status, which the parent asserts: a child of cmocka must not run on in it.
#define check(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, err);                                  \
            _exit(1);                                                                                                  \
        }                                                                                                              \
    } while (0)

static struct thread_state
state_of(const char *thread) {
    char path[64], line[256];
    struct thread_state s = {0};
    snprintf(path, sizeof(path), "/proc/self/task/%.20s/status", thread);
    FILE *file = fopen(path, "r");
    check(file != NULL);
    while (fgets(line, sizeof(line), file) != NULL) {
        sscanf(line, "Uid: %u %u %u %u", &s.uid[0], &s.uid[1], &s.uid[2], &s.uid[3]);
        sscanf(line, "Gid: %u %u %u %u", &s.gid[0], &s.gid[1], &s.gid[2], &s.gid[3]);
        sscanf(line, "CapPrm: %llx", &s.permitted);
        sscanf(line, "CapEff: %llx", &s.effective);
        sscanf(line, "CapBnd: %llx", &s.bounding);
        sscanf(line, "NoNewPrivs: %d", &s.no_new_privs);
    }
    fclose(file);
    return s;
}

static void *__attribute__((noreturn)) wait_for_ever(void *argument) {
    (void)argument;
    for (;;)
        pause();
}

static void
start_threads(void) {
    pthread_t thread;
    for (int i = 0; i < THREADS; i++)
        check(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);
}

// Every thread: its user, and its capabilities, `main_kept` for the first.
static void
check_threads(unsigned int uid, uint64_t main_kept) {
    unsigned int threads = 0;
    DIR *directory = opendir("/proc/self/task");
    check(directory != NULL);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        struct thread_state s = state_of(entry->d_name);
        uint64_t wanted = strtol(entry->d_name, NULL, 10) == getpid() ? main_kept : 0;
        threads++;
        for (int i = 0; i < 4; i++)
            check(s.uid[i] == uid);
        check(s.permitted == wanted && s.effective == wanted);
        check(s.bounding == 0);
        check(s.no_new_privs == 1);
    }
    closedir(directory);
    check(threads == THREADS + 1);
}

static void
root_changes_to_another_user(void) {
    check(jn_privilege_begin(err) == 0);
    start_threads();
    check(jn_privilege_change_user("nobody", KEPT, err) == 0);
    check_threads(NOBODY, KEPT);
    check(jn_privilege_limit(JN_CAPABILITY(CAP_NET_RAW) | JN_CAPABILITY(CAP_SYS_ADMIN), err) == 0);
    check_threads(NOBODY, JN_CAPABILITY(CAP_NET_RAW));
    check(jn_privilege_limit(0, err) == 0);
    check_threads(NOBODY, 0);
    check(setresuid(0, 0, 0) < 0 && errno == EPERM);
    check(getgroups(0, NULL) <= 1);
}

// Threads of an ordinary user who has capabilities, by a file's or by systemd: they do not lose them with the user.
static void
threads_give_up_what_they_have(void) {
    check(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0);
    check(jn_privilege_held() != 0);
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    start_threads();
    check(jn_privilege_change_user("root", KEPT, err) == 0);
    check(jn_privilege_limit(JN_CAPABILITY(CAP_NET_RAW), err) == 0);
    DIR *directory = opendir("/proc/self/task");
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (entry->d_name[0] != '.' && strtol(entry->d_name, NULL, 10) != getpid())
            check(state_of(entry->d_name).permitted == 0);
    closedir(directory);
    check(jn_privilege_held() == JN_CAPABILITY(CAP_NET_RAW));
}

static void
a_missing_user_leaves_root_without_capabilities(void) {
    check(jn_privilege_begin(err) == 0);
    start_threads();
    check(jn_privilege_change_user("junction-nobody-has-this-name", KEPT, err) == 0);
    check(jn_privilege_limit(0, err) == 0);
    check_threads(0, 0);
}

static void
the_parents_death_still_ends_it(void) {
    int number = 0;
    check(prctl(PR_SET_PDEATHSIG, SIGTERM) == 0);
    check(jn_privilege_begin(err) == 0 && jn_privilege_change_user("nobody", 0, err) == 0);
    check(prctl(PR_GET_PDEATHSIG, &number) == 0);
    check(number == SIGTERM);
#ifndef JN_SANITIZED
    check(prctl(PR_GET_DUMPABLE) == 0);
#endif
}

static void
an_ordinary_user_stays(void) {
    unsigned int uid = geteuid();
    if (uid == 0)
        check(setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0);
    check(jn_privilege_begin(err) == 0);
    check(jn_privilege_change_user("root", KEPT, err) == 0);
    check(geteuid() == (uid == 0 ? NOBODY : uid));
    check(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    check(jn_privilege_limit(KEPT, err) == 0);
    check(jn_privilege_held() == 0);
}

static const struct process_case {
    const char *name;
    void (*run)(void);
    bool for_root;
} cases[] = {
    {"root changes to another user", root_changes_to_another_user, true},
    {"threads give up what they have", threads_give_up_what_they_have, true},
    {"a missing user leaves root without capabilities", a_missing_user_leaves_root_without_capabilities, true},
    {"the parent's death still ends it", the_parents_death_still_ends_it, true},
    {"an ordinary user stays", an_ordinary_user_stays, false},
};

static void
test_processes(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int status;
        if (cases[i].for_root && geteuid() != 0)
            continue;
        pid_t pid = fork();
        if (pid == 0) {
            cases[i].run();
            _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (status != 0)
            fail_msg("%s: status %d", cases[i].name, status);
    }
}

static void
test_words(void **state) {
    (void)state;
    static const struct {
        uint64_t set;
        const char *text;
    } sets[] = {
        {0, "none"},
        {JN_CAPABILITY(CAP_CHOWN), "cap_chown"},
        {JN_CAPABILITY(CAP_NET_ADMIN) | JN_CAPABILITY(CAP_BPF), "cap_net_admin, cap_bpf"},
    };
    char text[128];
    for (size_t i = 0; i < COUNT(sets); i++)
        assert_string_equal(jn_privilege_text(sets[i].set, text, sizeof(text)), sets[i].text);
    assert_memory_equal(jn_privilege_who(), "user ", 5);
    assert_string_equal(jn_privilege_hint(ENOENT, text, sizeof(text)), "");
    assert_memory_equal(jn_privilege_hint(EACCES, text, sizeof(text)), " for user ", 10);
}

int
main(void) {
    jn_log_open("test_privilege");
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_processes), cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
