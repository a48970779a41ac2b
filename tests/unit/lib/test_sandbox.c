// SPDX-License-Identifier: BSD-3-Clause
// What becomes of system calls behind the filter. Each case is a process of its own.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "sandbox.h"
#include "test.h"
#include "users.h"

enum { NOT_LISTED = SYS_symlinkat, FAILED = 1, EXITED = 100 };

static char err[JN_ERR_MAX];

static const struct jn_sandbox_rule rules[] = {{"socket", 0, UINT32_MAX, AF_UNIX}};
static const struct jn_sandbox_list list = {"getpgrp getpgid", rules, COUNT(rules)};
static const struct jn_sandbox_list *const lists[] = {&jn_sandbox_common, &list};

static long
call_not_listed(void) {
    return syscall(NOT_LISTED, "", -1, "") < 0 ? -errno : 0;
}

// It may itself make a call that is refused.
static long
in_place(int call, const long arguments[3]) {
    if (call != SYS_socket || arguments[0] != AF_INET)
        return -EPERM;
    return call_not_listed() == -EPERM ? 4711 : -EPERM;
}

static void
enter(enum jn_sandbox_other other) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        jn_sandbox_enter(other, lists, COUNT(lists), other == JN_SANDBOX_REFUSE ? in_place : NULL, err) < 0) {
        fprintf(stderr, "%s\n", err);
        _exit(FAILED);
    }
}

static int waiting[2];

static void *
call_when_told(void *result) {
    char byte;
    if (read(waiting[0], &byte, 1) == 1)
        *(long *)result = call_not_listed();
    return NULL;
}

// A thread that was there before, and one that is made afterwards.
static void
every_thread_is_refused(void) {
    pthread_t before, after;
    long results[2] = {0};
    if (pipe(waiting) < 0 || pthread_create(&before, NULL, call_when_told, &results[0]) != 0)
        _exit(FAILED);
    enter(JN_SANDBOX_REFUSE);
    if (pthread_create(&after, NULL, call_when_told, &results[1]) != 0 || write(waiting[1], "12", 2) != 2)
        _exit(FAILED);
    pthread_join(before, NULL);
    pthread_join(after, NULL);
    _exit(results[0] == -EPERM && results[1] == -EPERM && jn_sandbox_report() == 2 ? EXITED : FAILED);
}

static void
what_is_listed_works(void) {
    enter(JN_SANDBOX_REFUSE);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    _exit(fd >= 0 && getpgrp() > 0 && jn_sandbox_report() == 0 ? EXITED : FAILED);
}

static void
one_argument_is_refused(void) {
    enter(JN_SANDBOX_REFUSE);
    _exit(socket(AF_INET6, SOCK_STREAM, 0) < 0 && errno == EPERM && jn_sandbox_report() == 1 ? EXITED : FAILED);
}

static void
another_answer_is_given(void) {
    enter(JN_SANDBOX_REFUSE);
    _exit(socket(AF_INET, SOCK_DGRAM, 0) == 4711 && jn_sandbox_report() == 1 ? EXITED : FAILED);
}

static void
no_process_is_made(void) {
    enter(JN_SANDBOX_REFUSE);
    _exit(fork() < 0 && errno == EPERM ? EXITED : FAILED);
}

static void
refused_kills_what_is_fatal(void) {
    enter(JN_SANDBOX_REFUSE);
    syscall(SYS_ptrace, 0, 0, 0, 0);
    _exit(EXITED);
}

static void
no_program_is_started(void) {
    enter(JN_SANDBOX_REFUSE);
    execl("/bin/true", "true", NULL);
    _exit(EXITED);
}

static void
killed_by_what_is_not_listed(void) {
    enter(JN_SANDBOX_KILL);
    call_not_listed();
    _exit(EXITED);
}

// The C library asks for a daemon of users' names, which is a socket, with the first question and each hundredth.
static void
owners_are_named(void) {
    char name[64];
    enter(JN_SANDBOX_KILL);
    for (int i = 0; i < 250; i++)
        jn_user_name(4242, name, sizeof(name));
    bool number = strcmp(name, "uid 4242") == 0;
    _exit(number && strcmp(jn_user_name(0, name, sizeof(name)), "user root") == 0 ? EXITED : FAILED);
}

static void
killed_by_starting_a_program(void) {
    enter(JN_SANDBOX_KILL);
    execl("/bin/true", "true", NULL);
    _exit(EXITED);
}

// A sanitizer's build only refuses to start programs.
#ifdef JN_SANITIZED
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

static const struct process_case {
    const char *name;
    void (*run)(void);
    int signal;      // 0: it exits with EXITED
    bool everywhere; // also where a sanitizer is: then no signal comes
} cases[] = {
    {"every thread is refused", every_thread_is_refused, 0, false},
    {"what is listed works", what_is_listed_works, 0, true},
    {"one argument is refused", one_argument_is_refused, 0, false},
    {"another answer is given", another_answer_is_given, 0, false},
    {"no process is made", no_process_is_made, 0, false},
    {"refused kills what is fatal", refused_kills_what_is_fatal, SIGSYS, false},
    {"killed by what is not listed", killed_by_what_is_not_listed, SIGSYS, false},
    {"owners are named", owners_are_named, 0, true},
    {"killed by starting a program", killed_by_starting_a_program, SIGSYS, true},
    {"no program is started", no_program_is_started, SIGSYS, true},
};

static void
test_processes(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int status, number = sanitized ? 0 : cases[i].signal;
        if (sanitized && !cases[i].everywhere)
            continue;
        pid_t pid = fork();
        if (pid == 0)
            cases[i].run();
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (number != 0 ? !WIFSIGNALED(status) || WTERMSIG(status) != number
                        : !WIFEXITED(status) || WEXITSTATUS(status) != EXITED)
            fail_msg("%s: status %#x", cases[i].name, status);
    }
}

// A name that is misspelt would be passed over as one of another architecture's.
static void
check_names(const char *calls) {
    char name[64];
    for (const char *at = calls; *at != '\0'; at += strspn(at, " ")) {
        int length = (int)strcspn(at, " ");
        snprintf(name, sizeof(name), "%.*s", length, at);
        if (seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR)
            fail_msg("there is no system call %s", name);
        at += length;
    }
}

static void
test_names(void **state) {
    (void)state;
    check_names(jn_sandbox_common.calls);
    check_names(jn_sandbox_fatal);
    for (size_t i = 0; i < jn_sandbox_common.count; i++)
        check_names(jn_sandbox_common.rules[i].call);
}

int
main(void) {
    jn_log_open("test_sandbox");
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_processes), cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
