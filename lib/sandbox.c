// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include <seccomp.h>

#include "log.h"
#include "users.h"

// Written in a signal handler of any thread, read by the main thread.
static uint64_t refused;
static int last_refused;
static jn_sandbox_instead replacement;

// Says which it was, then ends as if the kernel had done it. Who takes the handler away is ended by the kernel.
static void
on_fatal(int number, siginfo_t *info, void *context) {
    char text[96];
    (void)context;
    int length = snprintf(text, sizeof(text), "error: system call number %d is not on the list: the process ends\n",
                          info->si_syscall);
    signal(number, SIG_DFL);
    if (write(STDERR_FILENO, text, (size_t)length) >= 0)
        raise(number);
    raise(number);
}

static void
on_refused(int number, siginfo_t *info, void *context) {
    mcontext_t *registers = &((ucontext_t *)context)->uc_mcontext;
    long result = -EPERM;
    (void)number;
#if defined(__x86_64__)
    const long arguments[3] = {registers->gregs[REG_RDI], registers->gregs[REG_RSI], registers->gregs[REG_RDX]};
#elif defined(__aarch64__)
    const long arguments[3] = {(long)registers->regs[0], (long)registers->regs[1], (long)registers->regs[2]};
#else
#error "which registers have a system call's arguments?"
#endif
    if (replacement != NULL)
        result = replacement(info->si_syscall, arguments);
    if (result == -EPERM) {
        __atomic_store_n(&last_refused, info->si_syscall, __ATOMIC_RELAXED);
        __atomic_fetch_add(&refused, 1, __ATOMIC_RELEASE);
    }
#if defined(__x86_64__)
    registers->gregs[REG_RAX] = result;
#else
    registers->regs[0] = (unsigned long long)result;
#endif
}

// Names with spaces between.
static int
add_calls(scmp_filter_ctx filter, uint32_t action, const char *calls) {
    char name[64];
    int rc = 0;
    for (const char *at = calls; rc == 0 && *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        snprintf(name, sizeof(name), "%.*s", (int)length, at);
        int number = seccomp_syscall_resolve_name(name);
        if (number != __NR_SCMP_ERROR) // else it is younger than this libseccomp
            rc = seccomp_rule_add(filter, action, number, 0);
        at += length;
    }
    return rc;
}

#ifdef JN_SANITIZED
static int
fill(scmp_filter_ctx filter, const struct jn_sandbox_list *const *lists, size_t count) {
    (void)lists, (void)count;
    return add_calls(filter, SCMP_ACT_ERRNO(EPERM), "execve execveat");
}
#else
static int
allow(scmp_filter_ctx filter, const struct jn_sandbox_list *list) {
    int rc = add_calls(filter, SCMP_ACT_ALLOW, list->calls);
    for (size_t i = 0; rc == 0 && i < list->count; i++) {
        const struct jn_sandbox_rule *rule = &list->rules[i];
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(rule->call), 1,
                              SCMP_CMP64(rule->argument, SCMP_CMP_MASKED_EQ, rule->mask, rule->value));
    }
    return rc;
}

static int
fill(scmp_filter_ctx filter, const struct jn_sandbox_list *const *lists, size_t count) {
    // Its flags are in memory, where no filter sees them: the C library then calls clone.
    int rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (rc == 0)
        rc = add_calls(filter, SCMP_ACT_KILL_PROCESS, jn_sandbox_fatal);
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = allow(filter, lists[i]);
    return rc;
}
#endif

// A signal says what was called, which a filter that kills does not.
#ifdef JN_SANITIZED
static const uint32_t not_listed = SCMP_ACT_ALLOW;
#else
static const uint32_t not_listed = SCMP_ACT_TRAP;
#endif

int
jn_sandbox_enter(enum jn_sandbox_other other, const struct jn_sandbox_list *const *lists, size_t count,
                 jn_sandbox_instead instead, char err[JN_ERR_MAX]) {
    // Not deferred: a refused call of the replacement's own would kill.
    const struct sigaction action = {.sa_sigaction = other == JN_SANDBOX_REFUSE ? on_refused : on_fatal,
                                     .sa_flags = SA_SIGINFO | SA_NODEFER};
    replacement = instead;
    jn_users_close();
    sigaction(SIGSYS, &action, NULL);
    scmp_filter_ctx filter = seccomp_init(not_listed);
    int rc = filter == NULL ? -ENOMEM : seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    // Without it some kernels turn speculation off for a thread with a filter, which costs every packet.
    if (rc == 0)
        seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    if (rc == 0)
        rc = fill(filter, lists, count);
    if (rc == 0)
        rc = seccomp_load(filter);
    seccomp_release(filter);
    if (rc < 0)
        snprintf(err, JN_ERR_MAX, "the filter of system calls cannot be set: %s", strerror(-rc));
    return rc;
}

uint64_t
jn_sandbox_report(void) {
    static struct jn_log_limit limit;
    static uint64_t said;
    uint64_t now = __atomic_load_n(&refused, __ATOMIC_ACQUIRE);
    if (now == said)
        return now;
    char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, __atomic_load_n(&last_refused, __ATOMIC_RELAXED));
    jn_log_limited(&limit, 1, JN_LOG_WARNING, "system call %s is not on the list and was refused; %lu until now",
                   name != NULL ? name : "of unknown name", (unsigned long)now);
    free(name);
    said = now;
    return now;
}
